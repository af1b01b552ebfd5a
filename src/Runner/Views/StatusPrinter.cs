using System.Text.Json;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>A store's runs, and how a pipeline's stages stand.</summary>
internal static class StatusPrinter
{
    public static void PrintRuns(IReadOnlyList<RunRecord> runs, StoreState store, RunHistory history, bool json, TimeProvider time, TextWriter to)
    {
        var now = time.GetUtcNow();
        if (json)
        {
            to.WriteLine(JsonSerializer.Serialize(new { store, runs = runs.Select(r => new { state = State(r, history), run = r }) }, Told.Indented));
            return;
        }
        var width = runs.Select(r => r.Pipeline.Length).DefaultIfEmpty().Max();
        foreach (var run in runs)
            to.WriteLine($"  {State(run, history),-11} {run.Id}  {run.Pipeline.PadRight(width)}  {Line(run, history, now)}");
        if (runs.Count == 0)
            to.WriteLine("No run is remembered here.");
        to.WriteLine($"{Told.Count(store.Artifacts, "artifact")}, {Outlook.Size(store.Bytes)}; {Told.Count(store.Checkpoints, "checkpoint")} waiting{(store.Checkpoints > 0 ? ", " + Outlook.Size(store.CheckpointBytes) : "")}"
            + (store.Leftovers > 0 ? $"; {store.Leftovers:N0} folders of runs that died, cleared away by the next" : "") + ".");
    }

    public static void PrintStages(IReadOnlyList<StageStatus> stages, RunRecord? last, RunHistory history, bool json, TextWriter to)
    {
        if (json)
        {
            to.WriteLine(JsonSerializer.Serialize(new
            {
                stages = stages.Select(s => new { stage = s.Entry.Node.Name, uses = s.Entry.Node.Kind.Name, standing = s.Standing, reason = s.Reason, key = s.Entry.Key, last = s.Entry.Last?.Key, made = s.Entry.Last?.Made, checkpointBytes = s.CheckpointBytes }),
                lastRun = last is null ? null : new { state = State(last, history), run = last },
            }, Told.Indented));
            return;
        }
        var width = stages.Max(s => s.Entry.Node.Name.Length);
        foreach (var stage in stages)
            to.WriteLine($"  {stage.Standing.ToString().ToLowerInvariant(),-8} {stage.Entry.Node.Name.PadRight(width)}  "
                + (stage.Standing == StageStanding.Fresh ? $"{Told.Short(stage.Entry.Key)} of {Told.Time(stage.Entry.Last!.Made)}" : stage.Reason)
                + (stage.CheckpointBytes > 0 ? $" ({Outlook.Size(stage.CheckpointBytes)})" : ""));
        to.WriteLine(string.Join(", ", stages.GroupBy(s => s.Standing).OrderBy(g => g.Key).Select(g => $"{g.Count()} {g.Key.ToString().ToLowerInvariant()}")) + ".");
        if (last is not null)
            to.WriteLine($"Last run: {last.Id}, {Told.Time(last.Started)}: {State(last, history)}{(last.FailedStage is null ? "" : $" at {last.FailedStage}: {Told.Plain(last.Message ?? "")}")}");
    }

    /// <summary>A run's state; <c>died</c> where its program went without a word.</summary>
    public static string State(RunRecord run, RunHistory history) =>
        run.State == RunState.Running && !history.IsAlive(run) ? "died" : run.State.ToString().ToLowerInvariant();

    private static string Line(RunRecord run, RunHistory history, DateTimeOffset now)
    {
        var (ran, hit) = (run.Stages.Count(s => s.State == StageState.Ran), run.Stages.Count(s => s.State == StageState.Hit));
        var done = $"{ran} ran, {hit} found";
        if (run.State != RunState.Running)
            return $"{done}, {Told.Span((run.Ended!.Value - run.Started).TotalSeconds)}{(run.FailedStage is null ? "" : $"; {run.FailedStage}: {Told.Plain(run.Message ?? "")}")}";
        var at = string.Join(", ", run.Stages.Where(s => s.State == StageState.Running).Select(s => s.Stage));
        return history.IsAlive(run)
            ? $"{done} of {run.Stages.Count}{(at.Length > 0 ? $", now {at}" : "")}; since {Told.Span((now - run.Started).TotalSeconds)}, process {run.Process} on {run.Machine}"
            : $"{done} of {run.Stages.Count}{(at.Length > 0 ? $", then at {at}" : "")}; its program is gone. What finished is kept; run it again to go on.";
    }
}
