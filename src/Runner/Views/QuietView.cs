using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>Nothing but what a person must know: warnings, and what failed or was interrupted.</summary>
internal sealed class QuietView(TextWriter to) : IRunView
{
    private readonly Closing closing = new();

    public Task<RunResult> WatchAsync(Func<Task<RunResult>> run) => run();

    public void Warned(GraphNode node, string line)
    {
        if (closing.Warned(node, line))
            to.WriteLine($"warning {node.Name}: {line}");
    }

    public void Finished(GraphNode node, ArtifactRecord artifact, bool hit, TimeSpan elapsed) => closing.Finished(hit);

    public void Finish(RunResult result, TimeSpan elapsed)
    {
        if (result.Outcome != RunOutcome.Done)
            closing.Print(result, elapsed, to);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
