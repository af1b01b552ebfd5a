using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>How long a run waited for other runs on the same store, which were making what it needs.</summary>
internal sealed class OtherRuns(TimeProvider time)
{
    private static readonly TimeSpan WorthTelling = TimeSpan.FromSeconds(0.1);
    private readonly Lock gate = new();
    private readonly List<Wait> waits = [];

    private sealed record Wait(string Stage, string Who, long Began)
    {
        public long? Ended { get; set; }
    }

    /// <summary>The lock of a stage's key, once nobody else has it.</summary>
    /// <param name="onWait">Told who has it, as <see cref="StoreLocks.Holder"/> does, before it is waited for.</param>
    public async Task<StoreLock> LockAsync(ArtifactStore store, string stage, string key, Action<string> onWait, CancellationToken stopping)
    {
        Wait? wait = null;
        try
        {
            return await store.Locks.TakeAsync(key, () =>
            {
                wait = new Wait(stage, store.Locks.Holder(key), time.GetTimestamp());
                lock (gate)
                    waits.Add(wait);
                onWait(wait.Who);
            }, stopping);
        }
        finally
        {
            lock (gate)
                if (wait is not null)
                    wait.Ended = time.GetTimestamp();
        }
    }

    /// <summary>How much of a span of time any of these stages waited for another run; the longest wait where there were several.</summary>
    /// <param name="from">A timestamp.</param>
    /// <param name="to">Another, not before it.</param>
    public TimeSpan Within(Func<string, bool> stages, long from, long to)
    {
        lock (gate)
            return waits.Where(w => stages(w.Stage)).Select(w => Elapsed(Math.Max(w.Began, from), Math.Min(w.Ended ?? to, to))).DefaultIfEmpty().Max();
    }

    /// <summary>Such as: "It waited 12.3 s for another run (pid 77 on trainer, since 2026-11-21 10:40 UTC) that was making 'voter[1]'."; empty where it waited for none.</summary>
    public string Verdict()
    {
        lock (gate)
        {
            var told = waits.Select(w => (w.Stage, w.Who, For: Elapsed(w.Began, w.Ended ?? time.GetTimestamp()))).Where(w => w.For >= WorthTelling).OrderByDescending(w => w.For).ToList();
            return told.Count == 0 ? ""
                : string.Create(CultureInfo.InvariantCulture, $"It waited {told[0].For.TotalSeconds:0.0} s for another run{told[0].Who} that was making '{told[0].Stage}'{(told.Count == 1 ? "" : $" (and less for {string.Join(", ", told.Skip(1).Select(w => $"'{w.Stage}'").Distinct().Take(3))}{(told.Count > 4 ? ", …" : "")})")}.");
        }
    }

    private TimeSpan Elapsed(long from, long to) => to > from ? time.GetElapsedTime(from, to) : TimeSpan.Zero;
}
