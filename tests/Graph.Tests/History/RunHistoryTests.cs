using DataflowRlhf.Graph.Tests.Run;

namespace DataflowRlhf.Graph.Tests.History;

public sealed class RunHistoryTests : IDisposable
{
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    private RunHistory History => new(graph.StoreFolder);

    private async Task<string> RunAsync(string stages, Func<RunJournal, Task>? meanwhile = null)
    {
        using var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        var checkedGraph = TestGraph.Graph(stages);
        using var journal = RunJournal.Begin(graph.StoreFolder, checkedGraph, "cpu", TimeProvider.System);
        var result = await new Engine(store, TimeProvider.System).RunAsync(checkedGraph, new RunOptions(), new Observers(new Log(), journal), CancellationToken.None).WaitAsync(TestGraph.Patience);
        await (meanwhile?.Invoke(journal) ?? Task.CompletedTask);
        journal.End(result, result.Outcome == RunOutcome.Done ? 0 : 1);
        journal.Problem.Should().BeNull();
        return journal.Id;
    }

    [Fact]
    public async Task A_run_leaves_what_each_stage_did_and_why()
    {
        const string stages = "  numbers: { uses: emit }\n  twice: { uses: double, from: numbers, with: { salt: 4 } }";
        var first = await RunAsync(stages);
        var second = await RunAsync(stages);
        first.Should().MatchRegex("^[0-9]{8}-[0-9]{6}-[0-9a-f]{3}$");

        var run = History.Find(first);
        (run.State, run.Exit, run.Pipeline, run.Seed).Should().Be((RunState.Done, 0, "probe", 7UL));
        run.Ended.Should().BeOnOrAfter(run.Started);
        run.PeakBytes.Should().BePositive();
        var twice = run.Stages.Single(s => s.Stage == "twice");
        (twice.Decision, twice.Reason, twice.State, twice.Uses).Should().Be(("run", "never ran", StageState.Ran, "double"));
        (twice.Fed, twice.Rows, twice.Quarantined).Should().Be((3L, 3L, 0L));
        twice.Options["salt"]!.GetValue<int>().Should().Be(4);
        twice.Key.Should().HaveLength(64);

        History.Find("last").Stages.Should().AllSatisfy(s => s.State.Should().Be(StageState.Hit));
        History.Find("last").Id.Should().Be(second);
        History.Find("last~1").Id.Should().Be(first);
        History.Find(first[^3..]).Id.Should().Be(first);
        Directory.EnumerateFiles(History.Folder).Should().HaveCount(2, "no lock is left");
    }

    [Fact]
    public async Task A_failure_is_remembered_with_its_stage_and_reason()
    {
        var breaks = Probe.Body(_ => throw new StageException("the flask broke."));
        await RunAsync($"  numbers: {{ uses: emit }}\n  held: {{ uses: hold, from: numbers, with: {{ body: {breaks} }} }}\n  after: {{ uses: learn, from: held }}");
        var run = History.Find("last");
        (run.State, run.Exit, run.FailedStage).Should().Be((RunState.Failed, 1, "held"));
        run.Stages.Select(s => s.State).Should().Equal(StageState.Ran, StageState.Failed, StageState.Planned);
        run.Stages[1].Message.Should().Contain("the flask broke");
    }

    [Fact]
    public async Task A_run_whose_program_is_gone_is_told_from_one_that_goes_on()
    {
        await RunAsync("  numbers: { uses: emit }", journal =>
        {
            var running = History.Find("last");
            running.State.Should().Be(RunState.Running);
            History.IsAlive(running).Should().BeTrue();
            return Task.CompletedTask;
        });
        // What a kill leaves: the record as it was, and a lock that nobody holds.
        var torn = History.Find("last") with { Id = "20991231-235959-abc", State = RunState.Running, Ended = null };
        torn.Write(History.FileOf(torn.Id));
        File.WriteAllText(History.LockOf(torn.Id), "");
        History.IsAlive(History.Find("abc")).Should().BeFalse();
        File.Delete(History.LockOf(torn.Id));
        History.IsAlive(History.Find("abc")).Should().BeFalse();
    }

    [Fact]
    public async Task A_word_that_means_no_run_or_several_is_told()
    {
        FluentActions.Invoking(() => History.Find("last")).Should().Throw<StageException>().WithMessage("*remembers no run yet*");
        var id = await RunAsync("  numbers: { uses: emit }");
        foreach (var more in new[] { "20200101-000000-aaa", "20200101-000001-bbb" })
            (History.Find(id) with { Id = more }).Write(History.FileOf(more));
        FluentActions.Invoking(() => History.Find("nothing")).Should().Throw<StageException>().WithMessage($"*The newest is {id}*");
        FluentActions.Invoking(() => History.Find("20200101")).Should().Throw<StageException>().WithMessage("*means 2 runs*");
        History.TryFind("last~7").Should().BeNull();
        History.TryFind("../../etc").Should().BeNull();
        File.WriteAllText(History.FileOf("29990101-000000-fff"), "{ torn");
        History.Find("last").Id.Should().Be(id, "what is no record is passed over");
    }

    [Fact]
    public async Task No_secret_is_remembered()
    {
        Environment.SetEnvironmentVariable("HISTORY_TESTS", "s3cret-of-mine");
        var checkedGraph = TestGraph.Graph("  words: { uses: some-words, with: { language: \"${env:HISTORY_TESTS}\" } }") with { Settings = ["words.language=s3cret-of-mine", "judge.api-key=abc", "words.count=3"] };
        using (var journal = RunJournal.Begin(graph.StoreFolder, checkedGraph, "cpu", TimeProvider.System))
        {
            journal.Warned(checkedGraph.Nodes[0], "the server says: s3cret-of-mine is no key");
            journal.Failed(checkedGraph.Nodes[0], "401 for s3cret-of-mine");
        }
        var text = await File.ReadAllTextAsync(Directory.EnumerateFiles(History.Folder, "*.json").Single());
        text.Should().NotContain("s3cret").And.NotContain("=abc").And.Contain("401 for ***");
        History.Find("last").Settings.Should().Equal("words.language=***", "judge.api-key=***", "words.count=3");
    }
}
