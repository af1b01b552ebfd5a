namespace DataflowRlhf.Graph;

/// <summary>One stage at a time has the device; of those that wait, the first in the graph's order. Remembers how long it stood idle, and for whom.</summary>
internal sealed class DeviceLane(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly PriorityQueue<TaskCompletionSource, int> waiting = new();
    private readonly Dictionary<string, TimeSpan> waitedFor = new(StringComparer.Ordinal);
    private readonly long began = time.GetTimestamp();
    private bool taken;
    private TimeSpan busy;
    private long? lastFree;

    /// <summary>Waits for the device.</summary>
    /// <param name="place">The stage's place in the graph's order.</param>
    /// <param name="after">The stage whose end let this one begin, or null.</param>
    /// <param name="elsewhere">How much of the time between two timestamps was spent waiting for another run, which is no stage's fault; null: none.</param>
    public async Task<IDisposable> TakeAsync(int place, string? after, CancellationToken stopping, Func<long, long, TimeSpan>? elsewhere = null)
    {
        TaskCompletionSource? turn = null;
        lock (gate)
        {
            if (taken)
                waiting.Enqueue(turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), place);
            taken = true;
        }
        if (turn is not null)
        {
            using var stop = stopping.Register(() => turn.TrySetCanceled(stopping));
            await turn.Task;
        }
        var now = time.GetTimestamp();
        lock (gate)
        {
            if (after is not null)
                waitedFor[after] = waitedFor.GetValueOrDefault(after) + time.GetElapsedTime(lastFree ?? began, now) - (elsewhere?.Invoke(lastFree ?? began, now) ?? TimeSpan.Zero);
        }
        return new Held(this, now);
    }

    /// <summary>Such as: "The device was busy 97 % of the time; it waited longest for 'tokens' (1.2 s)."</summary>
    public string Verdict()
    {
        if (lastFree is null)
            return "";
        var share = busy / time.GetElapsedTime(began);
        var longest = waitedFor.OrderByDescending(w => w.Value).FirstOrDefault();
        var waited = longest.Key is not null && longest.Value > TimeSpan.FromSeconds(0.1) ? $"; it waited longest for '{longest.Key}' ({longest.Value.TotalSeconds:0.0} s)" : "";
        return $"The device was busy {share:P0} of the time{waited}.";
    }

    private void Free(long since)
    {
        lock (gate)
        {
            lastFree = time.GetTimestamp();
            busy += time.GetElapsedTime(since, lastFree.Value);
            while (waiting.TryDequeue(out var next, out _))
                if (next.TrySetResult())
                    return;
            taken = false;
        }
    }

    private sealed class Held(DeviceLane lane, long since) : IDisposable
    {
        public void Dispose() => lane.Free(since);
    }
}
