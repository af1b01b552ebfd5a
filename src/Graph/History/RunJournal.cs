using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;

namespace DataflowRlhf.Graph;

/// <summary>
/// Writes a run's record while it goes: at its start, whenever a stage has ended, and at its end. A run that is killed leaves the state <c>running</c>
/// and a lock that nobody holds.
/// </summary>
public sealed class RunJournal : IRunObserver, IDisposable
{
    private const int MostWarnings = 3;
    private const int CostShare = 20; // Writing takes no more than a twentieth of a run of very many stages.
    private readonly Lock gate = new();
    private readonly RunHistory history;
    private readonly TimeProvider time;
    private readonly SecretMask mask;
    private readonly StoreLock held;
    private readonly List<string> order;
    private readonly Dictionary<string, StageTrace> traces;
    private readonly Dictionary<GraphNode, long> rows = [];
    private readonly ConcurrentDictionary<string, (long Total, string Unit)> steps = new();
    private RunRecord record;
    private long wrote;
    private TimeSpan cost;

    private RunJournal(RunHistory history, PipelineGraph graph, string device, TimeProvider time)
    {
        this.history = history;
        this.time = time;
        mask = new SecretMask(graph);
        (var id, held) = history.Take(time.GetUtcNow());
        order = [.. graph.Nodes.Select(n => n.Name)];
        traces = graph.Nodes.ToDictionary(n => n.Name, n => new StageTrace(n.Name, n.Kind.Name, mask.Options(n)));
        var program = (Assembly.GetEntryAssembly() ?? typeof(RunJournal).Assembly).GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        record = new RunRecord(
            RunRecord.CurrentFormat, id, graph.Name, graph.File, [.. graph.Settings.Select(mask.Setting)], graph.Seed, device, program, Environment.MachineName, Environment.ProcessId, time.GetUtcNow());
    }

    /// <summary>The run's name in the history.</summary>
    public string Id => record.Id;

    /// <summary>Why the record could not be written; null: it could.</summary>
    public string? Problem { get; private set; }

    /// <exception cref="IOException">The store cannot be written.</exception>
    public static RunJournal Begin(string store, PipelineGraph graph, string device, TimeProvider time)
    {
        var journal = new RunJournal(new RunHistory(store), graph, device, time);
        journal.Write();
        return journal;
    }

    public void Planned(IReadOnlyList<PlanEntry> plan) => Change(() =>
    {
        foreach (var entry in plan)
            Set(entry.Node, t => t with { Decision = Kebab.Of(entry.Decision.ToString()), Reason = mask.Mask(entry.Reason) });
        Write();
    });

    public void Started(GraphNode node) => Change(() =>
    {
        Set(node, t => t with { State = StageState.Running, Started = time.GetUtcNow() });
        Write();
    });

    public void Resumed(GraphNode node, long done, long? total, string unit) => Change(() => Set(node, t => t with { Resumed = true }));

    public void Progressed(GraphNode node, long done, long? total, string unit)
    {
        if (total is { } known)
            steps[node.Name] = (known, unit);
    }

    public void Warned(GraphNode node, string line) => Change(() =>
        Set(node, t => t.Warnings.Count < MostWarnings && !t.Warnings.Contains(mask.Mask(line)) ? t with { Warnings = [.. t.Warnings, mask.Mask(line)] } : t));

    public void Finished(GraphNode node, ArtifactRecord artifact, bool hit, TimeSpan elapsed) => Change(() =>
    {
        if (artifact.Kind == ArtifactKind.Dataset)
            rows[node] = artifact.Rows;
        var counted = steps.TryGetValue(node.Name, out var told) && !hit;
        Set(node, t => t with
        {
            State = hit ? StageState.Hit : StageState.Ran,
            Seconds = elapsed.TotalSeconds,
            Key = artifact.Key,
            Digest = artifact.Digest,
            Fed = Fed(node),
            Rows = artifact.Rows,
            Quarantined = artifact.Quarantined,
            Steps = counted ? told.Total : null,
            Unit = counted ? told.Unit : null,
        });
        Write();
    });

    public void Failed(GraphNode node, string message) => Change(() =>
    {
        Set(node, t => t with { State = StageState.Failed, Message = mask.Mask(message), Seconds = t.Started is { } began ? (time.GetUtcNow() - began).TotalSeconds : 0 });
        cost = TimeSpan.Zero;
        Write();
    });

    /// <summary>The run has ended.</summary>
    /// <param name="exit">The program's exit code.</param>
    public void End(RunResult result, int exit) => Change(() =>
    {
        foreach (var (name, trace) in traces.Where(t => t.Value.State == StageState.Running).ToList())
            traces[name] = trace with { State = StageState.Stopped, Seconds = (time.GetUtcNow() - trace.Started!.Value).TotalSeconds };
        using var process = Process.GetCurrentProcess();
        record = record with
        {
            Ended = time.GetUtcNow(),
            State = result.Outcome switch { RunOutcome.Done => RunState.Done, RunOutcome.Interrupted => RunState.Interrupted, _ => RunState.Failed },
            Exit = exit,
            FailedStage = result.FailedStage,
            Message = result.Message is { } message ? mask.Mask(message) : null,
            Verdict = result.Verdict,
            PeakBytes = process.PeakWorkingSet64,
        };
        cost = TimeSpan.Zero;
        Write();
    });

    public void Dispose()
    {
        held.Dispose();
        if (record.State != RunState.Running)
            File.Delete(history.LockOf(Id));
    }

    private long? Fed(GraphNode node)
    {
        var sources = node.Inputs.Where(i => i.Port is DatasetPort).SelectMany(i => i.Sources).Distinct().ToList();
        return sources.Count > 0 && sources.All(rows.ContainsKey) ? sources.Sum(s => rows[s]) : null;
    }

    private void Set(GraphNode node, Func<StageTrace, StageTrace> change) => traces[node.Name] = change(traces[node.Name]);

    private void Change(Action change)
    {
        lock (gate)
            change();
    }

    /// <summary>An observer must not throw: what goes wrong is told at the end.</summary>
    private void Write()
    {
        if (wrote != 0 && time.GetElapsedTime(wrote) < CostShare * cost)
            return;
        var began = time.GetTimestamp();
        try
        {
            (record with { Stages = [.. order.Select(n => traces[n])] }).Write(history.FileOf(Id));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Problem = problem.Message;
        }
        wrote = time.GetTimestamp();
        cost = time.GetElapsedTime(began);
    }
}
