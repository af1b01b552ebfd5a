using System.Collections.Concurrent;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>Plain lines, for a pipe or a log: a line at start and end of a stage, and every few seconds between.</summary>
internal sealed class PlainView(TextWriter to, TimeProvider time) : IRunView
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private readonly Closing closing = new();
    private Func<IReadOnlyList<StageMeter>> meters = () => [];
    private readonly ConcurrentDictionary<string, long> lastLine = new();
    private readonly ConcurrentDictionary<string, MetricPoint> lastPoint = new();
    private readonly ConcurrentDictionary<string, Pace> paces = new();

    public Task<RunResult> WatchAsync(Func<Task<RunResult>> run) => run();

    public void Planned(IReadOnlyList<PlanEntry> plan) =>
        to.WriteLine($"{plan.Count(p => p.Decision == Decision.Hit)} of {plan.Count} stages are in the store.");

    public void Running(Func<IReadOnlyList<StageMeter>> now) => meters = now;

    public void Started(GraphNode node)
    {
        lastLine[node.Name] = time.GetTimestamp();
        to.WriteLine($"  start   {node.Name} ({node.Kind.Name})");
    }

    public void Resumed(GraphNode node, long done, long? total, string unit) => to.WriteLine($"  resume  {node.Name}: {Told.Resumed(done, total, unit)}");

    public void Progressed(GraphNode node, long done, long? total, string unit)
    {
        var pace = paces.GetOrAdd(node.Name, _ => new Pace(time));
        pace.Tell(done);
        var last = lastLine.GetOrAdd(node.Name, _ => time.GetTimestamp());
        if (time.GetElapsedTime(last) < Pause || !lastLine.TryUpdate(node.Name, time.GetTimestamp(), last))
            return;
        var point = lastPoint.TryGetValue(node.Name, out var p) ? $"  {p.Name} {p.Value:0.###}" : "";
        var now = meters().FirstOrDefault(m => m.Stage == node.Name);
        var (rates, waits) = now is null ? ("", "") : (MeterText.Rates(now, (done, unit), pace.Rate()), MeterText.Waits(now));
        var left = pace.Left(total) is { TotalSeconds: >= 1 } known ? $"  {Told.Clock(known)} left" : "";
        to.WriteLine($"  …       {node.Name}: {done:N0}{(total is null ? "" : $" of {total:N0}")} {unit}{(rates.Length > 0 ? $"  {rates}" : "")}{left}{(waits.Length > 0 ? $"  {waits}" : "")}{point}");
    }

    public void Measured(GraphNode node, MetricPoint point)
    {
        if (point.Name is "loss" or "reward" || !lastPoint.ContainsKey(node.Name))
            lastPoint[node.Name] = point;
    }

    public void Said(GraphNode node, string line) => closing.Said(node, line);

    public void Warned(GraphNode node, string line)
    {
        if (closing.Warned(node, line))
            to.WriteLine($"  warning {node.Name}: {line}");
    }

    public void Finished(GraphNode node, ArtifactRecord artifact, bool hit, TimeSpan elapsed)
    {
        closing.Finished(hit);
        var rows = artifact.Kind == ArtifactKind.Dataset ? $"  {artifact.Rows:N0} rows" : "";
        var aside = artifact.Quarantined > 0 ? $", {artifact.Quarantined:N0} put aside" : "";
        to.WriteLine(hit ? $"  hit     {node.Name}" : $"  done    {node.Name}{rows}{aside}  {elapsed.TotalSeconds:0.0} s");
    }

    public void Stopping() => to.WriteLine($"  stop    {Told.Stopping}");

    public void Failed(GraphNode node, string message) => to.WriteLine($"  FAILED  {node.Name}");

    public void Finish(RunResult result, TimeSpan elapsed) => closing.Print(result, elapsed, to);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
