using DataflowRlhf.Graph.Tests.Run;

namespace DataflowRlhf.Graph.Tests.Store;

public sealed class OldOutputTests : IDisposable
{
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    private static string Chain(int numbers = 0, int doubled = 0, string kind = "double", string more = "") => $$"""
          numbers: { uses: emit, with: { salt: {{numbers}} } }
          doubled: { uses: {{kind}}, from: numbers, with: { salt: {{doubled}} }{{more}} }
          model:   { uses: learn, from: doubled }
        """;

    private async Task<(ArtifactRecord Artifact, bool Accepted)> AcceptAsync(string stages, string stage)
    {
        var pipeline = TestGraph.Graph(stages);
        using var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        return await OldOutput.AcceptAsync(pipeline, pipeline.Find(stage).Single(), store, new RunOptions(), TimeProvider.System, CancellationToken.None);
    }

    [Fact]
    public async Task An_accepted_output_is_found_and_all_behind_it()
    {
        var made = (await graph.RunAsync(Chain())).Done();
        var (artifact, accepted) = await AcceptAsync(Chain(doubled: 5), "doubled");
        accepted.Should().BeTrue();
        (artifact.Digest, artifact.Key == made["doubled"].Key).Should().Be((made["doubled"].Digest, false));
        artifact.Accepted!.From.Should().Be(made["doubled"].Key);
        artifact.Accepted.Changes.Should().Equal(new AcceptedChange("option salt", "0", "5"));
        artifact.Accepted.ToString().Should().MatchRegex("^accepted on [0-9-]{10}, made as [0-9a-f]{12}, in spite of option salt: 0 → 5$");

        var run = (await graph.RunAsync(Chain(doubled: 5))).Done();
        run.Log.Hits.Should().BeEquivalentTo(["numbers", "doubled", "model"]);
        run.Log.Lines.Should().ContainSingle().Which.Should().StartWith("Not made anew: accepted on");
        graph.Plan(Chain(doubled: 5)).Single(e => e.Node.Name == "doubled").Reason.Should().StartWith("in the store, accepted on");
        StoreCheck.Of(graph.StoreFolder, null, CancellationToken.None).Faults.Should().BeEmpty();
    }

    [Fact]
    public async Task Nothing_is_copied_and_the_old_one_may_go()
    {
        var made = (await graph.RunAsync(Chain())).Done();
        await AcceptAsync(Chain(doubled: 5), "doubled");
        FileState.Of(Path.Combine(made["doubled"].Folder, "part-00000.parquet")).Links.Should().Be(2);
        using (var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System))
        {
            var gone = GarbageCollection.Run(store, new GarbageOptions { Keep = TimeSpan.FromSeconds(-1) }, null, CancellationToken.None);
            // The model was made from the old one, by its record.
            gone.Freed.Should().BeEmpty();
        }
        Directory.Delete(Path.GetDirectoryName(made["doubled"].Folder)!, recursive: true);
        StoreCheck.Of(graph.StoreFolder, null, CancellationToken.None).Faults.Should().BeEmpty();
        (await graph.RunAsync(Chain(doubled: 5))).Done().Log.Ran.Should().BeEmpty();
    }

    [Fact]
    public async Task What_another_run_is_making_is_not_accepted_meanwhile()
    {
        (await graph.RunAsync(Chain())).Done();
        var key = graph.Plan(Chain(doubled: 5)).Single(e => e.Node.Name == "doubled").Key!;
        using var other = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        using (other.Locks.TryTake(key))
        {
            var accepting = () => AcceptAsync(Chain(doubled: 5), "doubled");
            (await accepting.Should().ThrowAsync<StageException>()).Which.Message.Should().StartWith("Another run (pid ").And.Contain("is making doubled at this moment. Wait for that");
        }
        (await AcceptAsync(Chain(doubled: 5), "doubled")).Accepted.Should().BeTrue();
    }

    [Fact]
    public async Task Accepting_again_changes_nothing_and_accepting_on_top_keeps_the_history()
    {
        (await graph.RunAsync(Chain())).Done();
        var (first, _) = await AcceptAsync(Chain(doubled: 5), "doubled");
        var (again, accepted) = await AcceptAsync(Chain(doubled: 5), "doubled");
        (again.Key, accepted).Should().Be((first.Key, false));
        var (onTop, _) = await AcceptAsync(Chain(doubled: 6), "doubled");
        onTop.Accepted!.Before!.Changes.Should().Equal(new AcceptedChange("option salt", "0", "5"));
        onTop.Said.Should().ContainSingle("the line of the first is part of that of the second").Which.Should().Contain("5 → 6; that was accepted on");
    }

    [Fact]
    public async Task The_card_of_what_is_made_behind_it_can_tell()
    {
        (await graph.RunAsync("  numbers: { uses: emit }\n  doubled: { uses: double, from: numbers }")).Done();
        await AcceptAsync("  numbers: { uses: emit }\n  doubled: { uses: double, from: numbers, with: { salt: 5 } }", "doubled");
        IReadOnlyList<LineageStep> lineage = [];
        var body = Probe.Body(run =>
        {
            lineage = run.Lineage;
            return File.WriteAllTextAsync(Path.Combine(run.OutputFolder, "config.json"), "{}");
        });
        (await graph.RunAsync($$"""
              numbers: { uses: emit }
              doubled: { uses: double, from: numbers, with: { salt: 5 } }
              model:   { uses: learn, from: doubled, with: { body: {{body}} } }
            """)).Done();
        lineage.Select(l => (l.Stage, Told: l.Note is not null)).Should().Equal(("numbers", false), ("doubled", true));
    }

    [Fact]
    public async Task What_is_fed_by_something_unsettled_waits_for_that()
    {
        (await graph.RunAsync(Chain())).Done();
        (await FluentActions.Awaiting(() => AcceptAsync(Chain(numbers: 3), "model")).Should().ThrowAsync<StageException>())
            .WithMessage("model cannot be accepted yet: what feeds it is not settled (doubled: *). Run or accept numbers first.");
        await AcceptAsync(Chain(numbers: 3), "numbers");
        graph.Plan(Chain(numbers: 3)).Should().OnlyContain(e => e.Decision == Decision.Hit, "what was accepted has the content that it had");
    }

    [Fact]
    public async Task What_cannot_stand_for_a_new_one_is_refused()
    {
        (await FluentActions.Awaiting(() => AcceptAsync(Chain(), "numbers")).Should().ThrowAsync<StageException>()).WithMessage("The store has no older output of numbers to accept.  write: rlhf run *");
        (await graph.RunAsync(Chain())).Done();
        (await FluentActions.Awaiting(() => AcceptAsync(Chain(kind: "pass"), "doubled")).Should().ThrowAsync<StageException>()).WithMessage("doubled is 'pass' now, and its last output was made by 'double'*");
        (await FluentActions.Awaiting(() => AcceptAsync(Chain(doubled: 2, more: ", cache: false"), "doubled")).Should().ThrowAsync<StageException>()).WithMessage("doubled has 'cache: false'*");
    }
}
