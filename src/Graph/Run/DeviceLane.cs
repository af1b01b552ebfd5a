namespace DataflowRlhf.Graph;

/// <summary>One stage at a time has the device. Remembers how long it stood idle, and for whom it waited.</summary>
internal sealed class DeviceLane(TimeProvider time)
{
    private readonly SemaphoreSlim free = new(1, 1);
    private readonly Dictionary<string, TimeSpan> waitedFor = new(StringComparer.Ordinal);
    private readonly long began = time.GetTimestamp();
    private TimeSpan busy;
    private long? lastFree;

    /// <summary>Waits for the device.</summary>
    /// <param name="after">The stage whose end let this one begin, or null.</param>
    public async Task<IDisposable> TakeAsync(string? after, CancellationToken stopping)
    {
        await free.WaitAsync(stopping);
        var now = time.GetTimestamp();
        if (after is not null)
            waitedFor[after] = waitedFor.GetValueOrDefault(after) + time.GetElapsedTime(lastFree ?? began, now);
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

    private sealed class Held(DeviceLane lane, long since) : IDisposable
    {
        public void Dispose()
        {
            lane.lastFree = lane.time.GetTimestamp();
            lane.busy += lane.time.GetElapsedTime(since, lane.lastFree.Value);
            lane.free.Release();
        }
    }

    private readonly TimeProvider time = time;
}
