using System.Collections.Concurrent;
using DataflowRlhf.Graph;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DataflowRlhf.Runner.Views;

/// <summary>A terminal's view: one live row a running stage; a finished stage leaves a line above.</summary>
internal sealed class LiveView(IAnsiConsole console, TimeProvider time) : IRunView
{
    private const int BarWidth = 16;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);
    private readonly Closing closing = new();
    private readonly ConcurrentDictionary<string, Row> running = new();
    private readonly ConcurrentQueue<string> lines = new();
    private Func<IReadOnlyList<StageMeter>> meters = () => [];
    private int total, finished;

    private sealed class Row(string name, string uses, long order, long started)
    {
        public string Name { get; } = name;
        public string Uses { get; } = uses;
        public long Order { get; } = order;
        public long Started { get; } = started;
        public long Done { get; set; }
        public long? Total { get; set; }
        public string Unit { get; set; } = "";
        public MetricPoint? Point { get; set; }
    }

    public async Task<RunResult> WatchAsync(Func<Task<RunResult>> run)
    {
        var task = Task.Run(run);
        await console.Live(Render()).AutoClear(true).StartAsync(async live =>
        {
            while (!task.IsCompleted)
            {
                await Task.WhenAny(task, Task.Delay(Tick, time));
                live.UpdateTarget(Render());
                live.Refresh();
            }
        });
        while (lines.TryDequeue(out var line))
            console.MarkupLine(line);
        return await task;
    }

    private IRenderable Render()
    {
        var done = lines.ToArray();
        var grid = new Grid().AddColumns(6);
        var now = meters().ToDictionary(m => m.Stage);
        foreach (var row in running.Values.OrderBy(r => r.Order))
        {
            var meter = now.GetValueOrDefault(row.Name);
            var elapsed = time.GetElapsedTime(row.Started);
            var share = row.Total is > 0 ? Math.Clamp((double)row.Done / row.Total.Value, 0, 1) : (double?)null;
            var left = share is > 0.02 ? TimeSpan.FromSeconds(elapsed.TotalSeconds * (1 - share.Value) / share.Value) : (TimeSpan?)null;
            grid.AddRow(
                $"[bold]{Markup.Escape(row.Name)}[/]",
                share is null ? "[grey]…[/]" : $"[green]{new string('━', (int)(share.Value * BarWidth))}[/][grey]{new string('─', BarWidth - (int)(share.Value * BarWidth))}[/]",
                $"{row.Done:N0}{(row.Total is null ? "" : $"/{row.Total:N0}")}",
                Markup.Escape(meter is null ? "" : MeterText.Rates(meter, (row.Done, row.Unit))) + (left is null ? "" : $" [grey]{Left(left.Value)} left[/]"),
                $"[grey]{Markup.Escape(meter is null ? "" : MeterText.Waits(meter))}[/]",
                row.Point is { } p ? $"[yellow]{Markup.Escape(p.Name)} {p.Value:0.###}[/]" : "");
        }
        return new Rows([.. done.TakeLast(12).Select(l => new Markup(l)), new Markup($"[grey]{finished} of {total} stages[/]"), grid]);
    }

    private static string Left(TimeSpan time) => $"{(time.TotalHours < 1 ? "" : $"{(int)time.TotalHours}:")}{time.ToString(time.TotalHours < 1 ? "m\\:ss" : "mm\\:ss", null)}";

    public void Planned(IReadOnlyList<PlanEntry> plan) => total = plan.Count;

    public void Running(Func<IReadOnlyList<StageMeter>> now) => meters = now;

    public void Started(GraphNode node) => running[node.Name] = new Row(node.Name, node.Kind.Name, running.Count + finished, time.GetTimestamp());

    public void Progressed(GraphNode node, long done, long? of, string unit)
    {
        if (!running.TryGetValue(node.Name, out var row))
            return;
        row.Done = done;
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

    public void Failed(GraphNode node, string message)
    {
        running.TryRemove(node.Name, out _);
        lines.Enqueue($"[red]  FAILED[/]  {Markup.Escape(node.Name)}");
    }

    public void Finish(RunResult result, TimeSpan elapsed) => closing.Print(result, elapsed, Console.Out);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
