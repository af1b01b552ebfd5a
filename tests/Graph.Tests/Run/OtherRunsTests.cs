namespace DataflowRlhf.Graph.Tests.Run;

/// <summary>What another run on the store was making is not held against a stage of this one.</summary>
public sealed class OtherRunsTests : IDisposable
{
    private readonly TestGraph graph = new();
    private readonly Clock clock = new();

    public void Dispose() => graph.Dispose();

    [Fact]
    public async Task The_verdict_says_for_which_other_run_it_waited_and_blames_no_stage()
    {
        var (began, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var theirs = Probe.Body(async run =>
        {
            began.SetResult();
            await release.Task;
            await run.EmitAsync(Probe.Of([1, 2, 3]));
        });
        var trains = Probe.Body(run =>
        {
            clock.Pass(60);
            return File.WriteAllTextAsync(Path.Combine(run.OutputFolder, "config.json"), "{}");
        });
        var other = graph.RunAsync($"  numbers: {{ uses: emit, with: {{ body: {theirs} }} }}");
        await began.Task.WaitAsync(TestGraph.Patience);

        using var store = ArtifactStore.Open(graph.StoreFolder, clock);
        var observer = new OnWarning(line =>
        {
            line.Should().MatchRegex($"^another run \\(pid {Environment.ProcessId} on .*\\) is making it; waiting for that\\.$");
            clock.Pass(60);
            release.SetResult();
        });
        var mine = TestGraph.Graph($"  numbers: {{ uses: emit }}\n  model: {{ uses: learn, from: numbers, with: {{ body: {trains} }} }}");
        var result = await new Engine(store, clock).RunAsync(mine, new RunOptions(), observer, CancellationToken.None).WaitAsync(TestGraph.Patience);

        (await other).Done();
        result.Message.Should().BeNull();
        result.Verdict.Should().MatchRegex($"^The device was busy 50.?% of the time\\. It waited 60\\.0 s for another run \\(pid {Environment.ProcessId} on {Environment.MachineName}, since .* UTC\\) that was making 'numbers'\\.$");
    }

    [Fact]
    public async Task Of_several_waits_the_longest_is_told_and_the_others_named()
    {
        var others = new OtherRuns(clock);
        using var holder = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        using var store = ArtifactStore.Open(graph.StoreFolder, clock);
        others.Verdict().Should().BeEmpty();
        foreach (var (stage, letter, seconds) in ((string, char, int)[])[("short", 'a', 5), ("long", 'b', 20)])
        {
            var held = holder.Locks.TryTake(new string(letter, 64))!;
            (await others.LockAsync(store, stage, new string(letter, 64), _ =>
            {
                clock.Pass(seconds);
                held.Dispose();
            }, CancellationToken.None).WaitAsync(TestGraph.Patience)).Dispose();
        }
        others.Verdict().Should().StartWith("It waited 20.0 s for another run (pid ").And.EndWith(" that was making 'long' (and less for 'short').");
        others.Within(s => s == "short", 0, 100).Should().Be(TimeSpan.FromSeconds(5));
        others.Within(_ => true, 10, 100).Should().Be(TimeSpan.FromSeconds(15), "ten of its twenty-five seconds are before");
        others.Within(s => s == "third", 0, 100).Should().Be(TimeSpan.Zero);
    }

    /// <summary>Real timers, and a time that only a test moves.</summary>
    private sealed class Clock : TimeProvider
    {
        private long seconds;

        public void Pass(long more) => Interlocked.Add(ref seconds, more);

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Volatile.Read(ref seconds);
    }

    private sealed class OnWarning(Action<string> warned) : IRunObserver
    {
        public void Warned(GraphNode node, string line) => warned(line);
    }
}
