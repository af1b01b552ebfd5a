namespace DataflowRlhf.Graph.Tests.Run;

public sealed class StallWatchTests
{
    private static StageMeter Of(string stage, StageActivity activity, string? waitsFor, long queued = 0) => new(stage, activity, waitsFor, 10, 5, new Dictionary<string, long>(), queued, 0, 0, 0);

    [Fact]
    public async Task Stages_that_wait_for_each_other_fail_the_run_with_who_waits_for_whom()
    {
        var watch = new StallWatch(() => 7, () => [Of("a", StageActivity.Blocked, "b"), Of("b", StageActivity.Starves, "a")], TimeSpan.FromMilliseconds(40), TimeProvider.System);
        var watched = () => watch.RunAsync((_, _) => { }, CancellationToken.None).WaitAsync(TestGraph.Patience);
        (await watched.Should().ThrowAsync<StageException>()).Which.Message.Should()
            .StartWith("the network stands still: nothing has moved for").And.Contain("'a' waits until 'b' takes a batch; 'b' waits for a batch of 'a'");
    }

    [Fact]
    public async Task One_that_does_not_come_back_is_named_and_left_alone()
    {
        using var told = new CancellationTokenSource();
        var heard = new List<(string Stage, string Line)>();
        var watch = new StallWatch(() => 7, () => [Of("a", StageActivity.Blocked, "b"), Of("b", StageActivity.Computes, null, queued: 8)], TimeSpan.FromMilliseconds(40), TimeProvider.System);
        var watched = () => watch.RunAsync((stage, line) => { heard.Add((stage, line)); told.Cancel(); }, told.Token).WaitAsync(TestGraph.Patience);
        await watched.Should().ThrowAsync<OperationCanceledException>();
        heard.Should().ContainSingle().Which.Should().Match<(string Stage, string Line)>(h => h.Stage == "b" && h.Line.Contains("'b' computes or hangs, with 8 batches in front of it"));
    }

    [Theory]
    [InlineData(false, "A stage's 'timeout' would end it.")]
    [InlineData(true, "Its timeout of 1h tells it to stop; 30s later it is left behind.")]
    public async Task A_run_tells_of_a_stage_that_hangs_and_of_who_waits_for_it(bool limited, string remedy)
    {
        using var graph = new TestGraph();
        var warned = new TaskCompletionSource();
        var hangs = Probe.Body(async run =>
        {
            await foreach (var batch in run.Read("rows"))
            {
                await warned.Task.WaitAsync(TestGraph.Patience);
                await run.EmitAsync(batch);
            }
        });
        var log = new Told(warned);
        var timeout = limited ? ", timeout: 1h" : "";
        using var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        var result = await new Engine(store, TimeProvider.System).RunAsync(TestGraph.Graph($$"""
              numbers: { uses: emit, with: { body: {{Probe.Numbers(30)}} }{{timeout}} }
              passed:  { uses: pass, from: numbers, with: { body: {{hangs}} }{{timeout}} }
            """), new RunOptions { StallAfter = TimeSpan.FromMilliseconds(60) }, log, CancellationToken.None).WaitAsync(TestGraph.Patience);
        result.Outcome.Should().Be(RunOutcome.Done);
        log.Line.Should().Contain("'passed' computes or hangs").And.EndWith(remedy);
    }

    /// <summary>On a slow machine the store may be what is waited for at first.</summary>
    private sealed class Told(TaskCompletionSource warned) : IRunObserver
    {
        public string Line { get; private set; } = "";

        public void Warned(GraphNode node, string line)
        {
            Line = line;
            if (line.Contains("'numbers' waits until 'passed' takes a batch", StringComparison.Ordinal))
                warned.TrySetResult();
        }
    }
}
