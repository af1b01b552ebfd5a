namespace DataflowRlhf.Graph.Tests.Run;

public sealed class MetersTests
{
    [Fact]
    public async Task A_running_stage_can_be_looked_at()
    {
        using var graph = new TestGraph();
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var slow = Probe.Body(async run =>
        {
            await foreach (var batch in run.Read("rows"))
            {
                run.Count("words", 12);
                reached.TrySetResult();
                await go.Task;
                await run.EmitAsync(batch);
            }
        });
        var look = new Look();
        using var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        var ran = new Engine(store, TimeProvider.System).RunAsync(TestGraph.Graph($$"""
              numbers: { uses: emit, with: { body: {{Probe.Numbers(30)}} } }
              passed:  { uses: pass, from: numbers, with: { body: {{slow}} } }
            """), new RunOptions(), look, CancellationToken.None);
        await reached.Task.WaitAsync(TestGraph.Patience);
        StageMeter numbers;
        do
        {
            await Task.Yield();
            numbers = look.Meters().Single(m => m.Stage == "numbers");
        }
        while (numbers.WaitsFor != "passed"); // At first it may wait for the store.

        numbers.Rows.Should().BePositive();
        look.Meters().Single(m => m.Stage == "passed").Should()
            .Match<StageMeter>(m => m.Activity == StageActivity.Computes && m.QueuedBatches > 0 && m.QueuedBytes > 0 && m.Counts["words"] == 12);
        go.SetResult();
        (await ran.WaitAsync(TestGraph.Patience)).Outcome.Should().Be(RunOutcome.Done);
        look.Meters().Should().BeEmpty();
    }

    [Fact]
    public void The_stage_that_others_wait_for_is_named_and_not_one_that_waits_itself()
    {
        EdgeMeter Edge(string from, string to, double blocked, double starved) => new(from, to, 1, 1, 1, 1, blocked, starved);
        Bottleneck.Of([Edge("read", "tokens", 0, 0.1), Edge("tokens", "clean", 0, 6), Edge("clean", "last", 0, 6.2), Edge("last", "store", 0, 0)], 10)
            .Should().Be("The bottleneck of the streams was 'tokens': 'clean' waited 6.0 s for it (60 % of the run).");
        Bottleneck.Of([Edge("read", "tokens", 7, 0), Edge("tokens", "store", 0, 7)], 10).Should().Be("The bottleneck of the streams was 'tokens': 'read' waited 7.0 s for it (70 % of the run).");
        Bottleneck.Of([Edge("read", "tokens", 0.2, 0.1)], 10).Should().BeEmpty();
    }

    private sealed class Look : IRunObserver
    {
        public Func<IReadOnlyList<StageMeter>> Meters { get; private set; } = () => [];

        public void Running(Func<IReadOnlyList<StageMeter>> meters) => Meters = meters;
    }
}
