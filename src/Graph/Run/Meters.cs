using System.Collections.Concurrent;

namespace DataflowRlhf.Graph;

/// <summary>What the stages and pipes of a run are doing; may be asked at any time.</summary>
internal sealed class Meters(TimeProvider time)
{
    private readonly ConcurrentQueue<Edge> edges = new();
    private readonly ConcurrentDictionary<string, (StageRun Run, long Began)> running = new(StringComparer.Ordinal);
    private long signs;

    /// <summary>What flowed and flows.</summary>
    public IReadOnlyList<EdgeMeter> Edges => [.. edges.Select(e => e.Meter)];

    /// <summary>Changes with every sign of life: a batch that moved, a step that was told.</summary>
    public long Signs => Volatile.Read(ref signs) + edges.Sum(e => e.Moves) + running.Values.Sum(r => r.Run.Signs);

    public Edge Add(Edge edge)
    {
        edges.Enqueue(edge);
        return edge;
    }

    public void Begin(StageRun run)
    {
        running[run.Name] = (run, time.GetTimestamp());
        Interlocked.Increment(ref signs);
    }

    public void End(string stage)
    {
        if (running.TryRemove(stage, out var ended))
            Interlocked.Add(ref signs, ended.Run.Signs + 1);
    }

    /// <summary>The stages that run, in the order in which they began.</summary>
    public IReadOnlyList<StageMeter> Now() => [.. running.OrderBy(r => r.Value.Began).Select(r => Of(r.Value.Run, r.Value.Began))];

    private StageMeter Of(StageRun run, long began)
    {
        var into = edges.Where(e => e.To == run.Name && e.IsOpen).ToList();
        var outOf = edges.Where(e => e.From == run.Name).ToList();
        var full = outOf.FirstOrDefault(e => e.ProducerWaits);
        var empty = into.FirstOrDefault(e => e.ConsumerWaits);
        return new StageMeter(
            run.Name, full is not null ? StageActivity.Blocked : empty is not null ? StageActivity.Starves : StageActivity.Computes, full?.To ?? empty?.From,
            time.GetElapsedTime(began).TotalSeconds, run.Rows, run.Counts, into.Sum(e => e.QueuedBatches), into.Sum(e => e.QueuedBytes),
            outOf.Sum(e => e.Meter.BlockedSeconds), edges.Where(e => e.To == run.Name).Sum(e => e.Meter.StarvedSeconds));
    }
}
