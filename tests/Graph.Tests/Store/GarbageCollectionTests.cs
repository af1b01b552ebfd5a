using DataflowRlhf.Graph.Tests.Run;

namespace DataflowRlhf.Graph.Tests.Store;

public sealed class GarbageCollectionTests : IDisposable
{
    private static readonly GarbageOptions Now = new() { Keep = TimeSpan.FromSeconds(-1) };
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    private ArtifactStore Open(TimeProvider? time = null) => ArtifactStore.Open(graph.StoreFolder, time ?? TimeProvider.System);

    private static GarbageCollection Collect(ArtifactStore store, GarbageOptions options) => GarbageCollection.Run(store, options, null, CancellationToken.None);

    /// <summary>Two generations of numbers → doubled → model; the second is the latest.</summary>
    private async Task<(ArtifactRecord[] Old, ArtifactRecord[] New)> TwoGenerationsAsync() => (await ChainAsync(1), await ChainAsync(2));

    private async Task<ArtifactRecord[]> ChainAsync(int salt)
    {
        var body = Probe.Body(run => run.EmitAsync(Probe.Of([salt])).AsTask());
        var run = (await graph.RunAsync($$"""
              numbers: { uses: emit, with: { salt: {{salt}}, body: {{body}} } }
              doubled: { uses: double, from: numbers }
              model:   { uses: learn, from: doubled }
            """)).Done();
        return [run["numbers"], run["doubled"], run["model"]];
    }

    [Fact]
    public async Task What_is_no_stages_latest_goes_when_it_was_not_used_for_long()
    {
        var (old, latest) = await TwoGenerationsAsync();
        using (var store = Open())
            Collect(store, new GarbageOptions()).Freed.Should().BeEmpty("all of it is recent");
        var clock = new HandClock { Now = TimeProvider.System.GetUtcNow().AddDays(15) };
        using (var store = Open(clock))
        {
            var gone = Collect(store, new GarbageOptions());
            gone.Freed.Select(f => f.Name).Should().Equal("probe:model", "probe:doubled", "probe:numbers");
            gone.Bytes.Should().BePositive();
            gone.Kept.Should().Equal(new Dictionary<string, int> { ["latest"] = 3 });
        }
        using var after = Open();
        old.Should().OnlyContain(a => after.Find(a.Key) == null);
        latest.Should().OnlyContain(a => after.Find(a.Key) != null);
        Directory.EnumerateFileSystemEntries(Path.Combine(graph.StoreFolder, "tmp"), "gone-*", SearchOption.AllDirectories).Should().BeEmpty();
    }

    [Fact]
    public async Task A_dry_run_tells_the_same_and_takes_nothing()
    {
        var (old, _) = await TwoGenerationsAsync();
        using var store = Open();
        var told = Collect(store, Now with { DryRun = true });
        told.Freed.Should().HaveCount(3);
        foreach (var artifact in old)
            Directory.Exists(artifact.Folder).Should().BeTrue();
        Collect(store, Now).Freed.Should().Equal(told.Freed);
    }

    [Fact]
    public async Task A_name_keeps_an_artifact_and_all_that_it_was_made_from()
    {
        var (old, _) = await TwoGenerationsAsync();
        using (var store = Open())
            store.Names.Add("good", store.Find(old[1].Key)!);
        using (var store = Open())
        {
            var gone = Collect(store, Now);
            gone.Freed.Select(f => f.Name).Should().Equal("probe:model");
            gone.Kept.Should().Equal(new Dictionary<string, int> { ["named"] = 1, ["made from"] = 1, ["latest"] = 3 });
            store.Names.Remove("good");
            Collect(store, Now).Freed.Select(f => f.Name).Should().Equal("probe:doubled", "probe:numbers");
        }
    }

    [Fact]
    public async Task What_a_living_run_has_found_stays_with_all_it_was_made_from()
    {
        var (old, _) = await TwoGenerationsAsync();
        using var collector = Open();
        using (var living = Open())
        {
            living.Find(old[1].Key).Should().NotBeNull();
            Collect(collector, Now).Freed.Select(f => f.Name).Should().Equal("probe:model");
            Directory.Exists(old[0].Folder).Should().BeTrue();
        }
        Collect(collector, Now).Freed.Select(f => f.Name).Should().Equal("probe:doubled", "probe:numbers");
    }

    [Fact]
    public async Task What_is_found_while_others_go_stays()
    {
        var (old, _) = await TwoGenerationsAsync();
        using var collector = Open();
        using var living = Open();
        // As the model goes, a run finds the doubled: that, and the numbers it was made from, must not follow.
        GarbageCollection.Run(collector, Now, item => living.Find(item.Name == "probe:model" ? old[1].Key : old[0].Key), CancellationToken.None)
            .Freed.Select(f => f.Name).Should().Equal("probe:model");
        Directory.Exists(old[1].Folder).Should().BeTrue();
        Directory.Exists(old[0].Folder).Should().BeTrue();
    }

    [Fact]
    public async Task What_was_looked_at_lately_counts_as_used()
    {
        var (old, _) = await TwoGenerationsAsync();
        var clock = new HandClock { Now = TimeProvider.System.GetUtcNow().AddDays(10) };
        using (var looking = Open(clock))
            looking.Find(old[0].Key).Should().NotBeNull();
        clock.Now = clock.Now.AddDays(10);
        using var store = Open(clock);
        var gone = Collect(store, new GarbageOptions());
        gone.Freed.Select(f => f.Name).Should().Equal("probe:model", "probe:doubled");
        gone.Kept["recent"].Should().Be(1);
    }

    [Fact]
    public async Task A_pipeline_can_be_forgotten()
    {
        await ChainAsync(1);
        using var store = Open();
        Collect(store, Now with { Forget = ["probe"], DryRun = true }).Freed.Should().HaveCount(3);
        Collect(store, Now).Freed.Should().BeEmpty("a dry run forgets nothing");
        FluentActions.Invoking(() => Collect(store, Now with { Forget = ["prob"] })).Should().Throw<StageException>().WithMessage("The store knows no pipeline 'prob' (probe*write: --forget probe");
        Collect(store, Now with { Forget = ["probe"] }).Freed.Should().HaveCount(3);
        store.List().Should().BeEmpty();
    }

    [Fact]
    public async Task Checkpoints_and_logs_go_with_age_unless_somebody_works_on_them_and_answers_stay()
    {
        await ChainAsync(1);
        var (idle, busy) = (new string('a', 64), new string('b', 64));
        foreach (var key in (string[])[idle, busy])
            await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(graph.StoreFolder, "checkpoints", key)).FullName, "step"), "12345");
        await File.WriteAllTextAsync(Path.Combine(graph.StoreFolder, "logs", "old.log"), "1234567");
        var answer = Path.Combine(Directory.CreateDirectory(Path.Combine(graph.StoreFolder, "answers")).FullName, "a.jsonl");
        await File.WriteAllTextAsync(answer, "{}");
        var later = new HandClock { Now = TimeProvider.System.GetUtcNow().AddDays(15) };
        using var maker = Open(later);
        using var making = await maker.Locks.TakeAsync(busy, () => { }, CancellationToken.None);
        using (var young = Open())
            Collect(young, new GarbageOptions()).Freed.Should().BeEmpty();
        using var store = Open(later);
        Collect(store, new GarbageOptions()).Freed.Select(f => (f.What, f.Name, f.Bytes)).Should().Equal(("checkpoint", idle, 5L), ("log", "old.log", 7L));
        Directory.Exists(Path.Combine(graph.StoreFolder, "checkpoints", busy)).Should().BeTrue();
        File.Exists(answer).Should().BeTrue();
    }

    [Fact]
    public async Task A_kill_while_something_goes_loses_nothing_that_stays()
    {
        var (old, latest) = await TwoGenerationsAsync();
        using (var store = Open())
            FluentActions.Invoking(() => GarbageCollection.Run(store, Now, _ => throw new InvalidOperationException("killed"), CancellationToken.None)).Should().Throw<InvalidOperationException>();
        using var next = Open();
        next.Find(old[2].Key).Should().BeNull();
        foreach (var artifact in old[..2].Concat(latest))
            next.Find(artifact.Key).Should().NotBeNull();
        StoreCheck.Of(graph.StoreFolder, null, CancellationToken.None).Faults.Should().BeEmpty();
    }

    [Fact]
    public async Task What_becomes_a_stages_latest_meanwhile_stays_with_what_it_was_made_from()
    {
        var (old, _) = await TwoGenerationsAsync();
        using var store = Open();
        using var run = Open();
        var result = GarbageCollection.Run(store, Now, _ => run.SetLatest("probe", old[1].Stage, old[1].Key), CancellationToken.None);
        result.Freed.Should().ContainSingle("the youngest went before the run ended");
        old[..2].Should().OnlyContain(a => Directory.Exists(a.Folder));
    }

    [Fact]
    public async Task Two_that_clear_away_at_once_do_not_trip_over_what_the_other_took()
    {
        var (old, latest) = await TwoGenerationsAsync();
        foreach (var key in (string[])[new string('a', 64), new string('b', 64)])
            await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(graph.StoreFolder, "checkpoints", key)).FullName, "step"), "1");
        foreach (var log in (string[])["a.log", "b.log"])
            await File.WriteAllTextAsync(Path.Combine(graph.StoreFolder, "logs", log), "1");
        using var first = Open();
        using var second = Open();
        // The other takes all that is left as soon as the first has taken one thing.
        var theirs = new List<GarbageItem>();
        var mine = GarbageCollection.Run(first, Now, _ => theirs.AddRange(Collect(second, Now).Freed), CancellationToken.None).Freed;
        mine.Should().ContainSingle();
        mine.Concat(theirs).Select(f => f.What).Order().Should().Equal("artifact", "artifact", "artifact", "checkpoint", "checkpoint", "log", "log");
        old.Should().OnlyContain(a => first.Find(a.Key) == null);
        latest.Should().OnlyContain(a => first.Find(a.Key) != null);
    }

    [Fact]
    public async Task A_link_goes_and_what_it_points_at_stays()
    {
        var (old, _) = await TwoGenerationsAsync();
        var elsewhere = Directory.CreateTempSubdirectory("linked-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(elsewhere.FullName, "mine"), "stays");
            File.CreateSymbolicLink(Path.Combine(old[2].Folder, "nowhere"), Path.Combine(elsewhere.FullName, "gone"));
            Directory.CreateSymbolicLink(Path.Combine(old[2].Folder, "folder"), elsewhere.FullName);
            using var store = Open();
            Collect(store, Now).Freed.Should().HaveCount(3);
            Directory.Exists(old[2].Folder).Should().BeFalse();
            File.Exists(Path.Combine(elsewhere.FullName, "mine")).Should().BeTrue();
        }
        finally
        {
            elsewhere.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Clearing_away_while_runs_find_and_make_takes_nothing_from_them()
    {
        using var done = new CancellationTokenSource();
        var clearing = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
                using (var store = Open())
                    Collect(store, Now);
        });
        for (var salt = 0; salt < 12; salt++)
        {
            var made = await ChainAsync(salt % 3);
            foreach (var artifact in made[..2])
                File.Exists(Path.Combine(artifact.Folder, "part-00000.parquet")).Should().BeTrue("the latest stay");
        }
        await done.CancelAsync();
        await clearing;
    }
}
