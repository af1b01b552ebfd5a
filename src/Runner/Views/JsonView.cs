using System.Text.Json;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>One JSON event a line, for machines.</summary>
internal sealed class JsonView(TextWriter to, TimeProvider time) : IRunView
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private readonly Lock gate = new();
    private Func<IReadOnlyList<StageMeter>> meters = () => [];

    public async Task<RunResult> WatchAsync(Func<Task<RunResult>> run)
    {
        var task = Task.Run(run);
        using var ticks = new PeriodicTimer(Pause, time);
        var tick = ticks.WaitForNextTickAsync().AsTask();
        while (await Task.WhenAny(task, tick) != task)
        {
            foreach (var meter in meters())
                Metered(meter);
            tick = ticks.WaitForNextTickAsync().AsTask();
        }
        return await task;
    }

    public void Running(Func<IReadOnlyList<StageMeter>> now) => meters = now;

    internal void Metered(StageMeter meter) => Write(new
    {
        @event = "meter",
        stage = meter.Stage,
        activity = Kebab.Of(meter.Activity.ToString()),
        waits_for = meter.WaitsFor,
        seconds = meter.Seconds,
        rows = meter.Rows,
        counts = meter.Counts,
        queued_batches = meter.QueuedBatches,
        queued_bytes = meter.QueuedBytes,
        blocked_seconds = meter.BlockedSeconds,
        starved_seconds = meter.StarvedSeconds,
    });

    public void Planned(IReadOnlyList<PlanEntry> plan) =>
        Write(new { @event = "plan", stages = plan.Select(p => new { stage = p.Node.Name, decision = Kebab.Of(p.Decision.ToString()), reason = p.Reason }) });

    public void Started(GraphNode node) => Write(new { @event = "start", stage = node.Name, uses = node.Kind.Name });

    public void Resumed(GraphNode node, long done, long? total, string unit) => Write(new { @event = "resume", stage = node.Name, done, total, unit });

    public void Progressed(GraphNode node, long done, long? total, string unit) => Write(new { @event = "progress", stage = node.Name, done, total, unit });

    public void Measured(GraphNode node, MetricPoint point) => Write(new { @event = "metric", stage = node.Name, name = point.Name, step = point.Step, value = double.IsFinite(point.Value) ? point.Value : (double?)null });

    public void Said(GraphNode node, string line) => Write(new { @event = "say", stage = node.Name, line });

    public void Warned(GraphNode node, string line) => Write(new { @event = "warning", stage = node.Name, line });

    public void Finished(GraphNode node, ArtifactRecord artifact, bool hit, TimeSpan elapsed) =>
        Write(new { @event = "done", stage = node.Name, hit, seconds = elapsed.TotalSeconds, rows = artifact.Rows, quarantined = artifact.Quarantined, key = artifact.Key, digest = artifact.Digest, folder = artifact.Folder, summary = artifact.Summary });

    public void Failed(GraphNode node, string message) => Write(new { @event = "failed", stage = node.Name, message });

    public void Finish(RunResult result, TimeSpan elapsed) => Write(new { @event = "end", outcome = Kebab.Of(result.Outcome.ToString()), seconds = elapsed.TotalSeconds, verdict = result.Verdict, stage = result.FailedStage, message = result.Message, edges = result.Edges.Select(e => new
    {
        from = e.From,
        to = e.To,
        rows = e.Rows,
        batches = e.Batches,
        bytes = e.Bytes,
        peak_bytes = e.PeakBytes,
        blocked_seconds = e.BlockedSeconds,
        starved_seconds = e.StarvedSeconds,
    }) });

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Write(object line)
    {
        var text = JsonSerializer.Serialize(line);
        lock (gate)
            to.WriteLine(text);
    }
}
