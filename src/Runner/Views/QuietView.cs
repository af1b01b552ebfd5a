using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>Nothing but what a person must know: warnings, and what failed or was interrupted.</summary>
internal sealed class QuietView(TextWriter to) : IRunView
{
    private readonly Closing closing = new();

    public Task<RunResult> WatchAsync(Func<Task<RunResult>> run) => run();

    public void Planned(IReadOnlyList<PlanEntry> plan)
    {
    }

    public void Started(GraphNode node)
    {
    }

    public void Progressed(GraphNode node, long done, long? total, string unit)
    {
    }

    public void Measured(GraphNode node, MetricPoint point)
    {
    }

    public void Said(GraphNode node, string line)
    {
    }

    public void Warned(GraphNode node, string line)
    {
        if (closing.Warned(node, line))
            to.WriteLine($"warning {node.Name}: {line}");
    }

    public void Finished(GraphNode node, ArtifactRecord artifact, bool hit, TimeSpan elapsed) => closing.Finished(hit);

    public void Failed(GraphNode node, string message)
    {
    }

    public void Finish(RunResult result, TimeSpan elapsed)
    {
        if (result.Outcome != RunOutcome.Done)
            closing.Print(result, elapsed, to);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
