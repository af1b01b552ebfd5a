using System.Collections.Concurrent;
using DataflowRlhf.Graph;
using Spectre.Console;

namespace DataflowRlhf.Runner.Views;

/// <summary>A terminal's view: one live row a running stage; what is finished is a line above that stays.</summary>
/// <param name="estimate">How long stages may take by earlier runs, for those that cannot say how much is left.</param>
internal sealed class LiveView(IAnsiConsole console, TimeProvider time, Func<IReadOnlyList<PlanEntry>, IReadOnlyDictionary<GraphNode, TimeEstimate>> estimate) : IRunView
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);
    private readonly Closing closing = new();
    private readonly LiveScreen screen = new(console);
    private readonly LiveRows table = new();
    private readonly ConcurrentDictionary<string, Row> running = new();
    private readonly ConcurrentQueue<string> lines = new();
    private readonly long began = time.GetTimestamp();
    private IReadOnlyDictionary<GraphNode, TimeEstimate> estimates = new Dictionary<GraphNode, TimeEstimate>();
    private Func<IReadOnlyList<StageMeter>> meters = () => [];
    private int total, finished;

    private sealed class Row(string name, long order, Pace pace, TimeSpan? before)
    {
        public string Name { get; } = name;
        public long Order { get; } = order;
        public Pace Pace { get; } = pace;

        /// <summary>How long it took in earlier runs; null: nobody knows.</summary>
        public TimeSpan? Before { get; } = before;
        public long Done { get; set; }
        public long? Total { get; set; }
        public string Unit { get; set; } = "";
        public MetricPoint? Point { get; set; }
    }

    public async Task<RunResult> WatchAsync(Func<Task<RunResult>> run)
    {
        var task = Task.Run(run);
        while (!task.IsCompleted)
        {
            screen.Draw(Told(), Running());
            await Task.WhenAny(task, Task.Delay(Tick, time));
        }
        screen.Draw(Told(), []);
        return await task;
    }

    private List<string> Told()
    {
        var told = new List<string>();
        while (lines.TryDequeue(out var line))
            told.Add(line);
        return told;
    }

    private IReadOnlyList<string> Running()
    {
        var now = meters().ToDictionary(m => m.Stage);
        var rows = running.Values.OrderBy(r => r.Order).Select(r => Shown(r, now.GetValueOrDefault(r.Name))).ToList();
        return [$"[grey]{finished} of {total} stages · {Views.Told.Clock(time.GetElapsedTime(began))}[/]", .. table.Lines(rows, screen.Width)];
    }

    private static LiveRows.Row Shown(Row row, StageMeter? meter)
    {
        var share = row.Total is > 0 ? Math.Clamp((double)row.Done / row.Total.Value, 0, 1) : (double?)null;
        // Of a stage that goes on or whose rows nobody counted, what earlier runs took is the better guess.
        var left = row.Pace.Left(row.Total) ?? (meter is not null && row.Before is { } before && before.TotalSeconds > meter.Seconds ? before - TimeSpan.FromSeconds(meter.Seconds) : null);
        return new LiveRows.Row(
            row.Name, share, $"{row.Done:N0}{(row.Total is null ? "" : $"/{row.Total:N0}")}",
            meter is null ? "" : MeterText.Rates(meter, (row.Done, row.Unit), row.Pace.Rate()), left is null ? "" : Views.Told.Clock(left.Value) + " left",
            string.Join(" · ", new[] { row.Point is { } p ? $"{p.Name} {p.Value:0.###}" : "", meter is null ? "" : MeterText.Waits(meter) }.Where(t => t.Length > 0)));
    }

    public void Planned(IReadOnlyList<PlanEntry> plan)
    {
        total = plan.Count;
        estimates = estimate(plan);
    }

    public void Running(Func<IReadOnlyList<StageMeter>> now) => meters = now;

    public void Started(GraphNode node) => running[node.Name] = new Row(node.Name, running.Count + finished, new Pace(time), estimates.GetValueOrDefault(node)?.Time);

    public void Resumed(GraphNode node, long done, long? of, string unit) => lines.Enqueue($"[grey]  resume  {Markup.Escape(node.Name)}: {Views.Told.Resumed(done, of, unit)}[/]");

    public void Progressed(GraphNode node, long done, long? of, string unit)
    {
        if (!running.TryGetValue(node.Name, out var row))
            return;
        row.Done = done;
        row.Pace.Tell(done);
        row.Total = of;
        row.Unit = unit;
    }

    public void Measured(GraphNode node, MetricPoint point)
    {
        if (running.TryGetValue(node.Name, out var row) && (point.Name is "loss" or "reward" || row.Point is null))
            row.Point = point;
    }

    public void Said(GraphNode node, string line) => closing.Said(node, line);

    public void Warned(GraphNode node, string line)
    {
        if (closing.Warned(node, line))
            lines.Enqueue($"[yellow]  warning[/] {Markup.Escape(node.Name)}: {Markup.Escape(line)}");
    }

    public void Finished(GraphNode node, ArtifactRecord artifact, bool hit, TimeSpan elapsed)
    {
        closing.Finished(hit);
        running.TryRemove(node.Name, out _);
        Interlocked.Increment(ref finished);
        var rows = artifact.Kind == ArtifactKind.Dataset ? $" {artifact.Rows:N0} rows" : "";
        var aside = artifact.Quarantined > 0 ? $" [yellow]{artifact.Quarantined:N0} put aside[/]" : "";
        lines.Enqueue(hit ? $"[grey]  hit     {Markup.Escape(node.Name)}[/]" : $"[green]  done[/]    {Markup.Escape(node.Name)}{rows}{aside} [grey]{elapsed.TotalSeconds:0.0} s[/]");
    }

    public void Stopping() => lines.Enqueue($"[yellow]  stop[/]    {Views.Told.Stopping}");

    public void Failed(GraphNode node, string message)
    {
        running.TryRemove(node.Name, out _);
        lines.Enqueue($"[red]  FAILED[/]  {Markup.Escape(node.Name)}");
    }

    public void Finish(RunResult result, TimeSpan elapsed) => closing.Print(result, elapsed, Console.Out);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
