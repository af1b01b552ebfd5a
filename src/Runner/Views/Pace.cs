namespace DataflowRlhf.Runner.Views;

/// <summary>How fast a stage goes by what it told of itself: from its first word on, so that neither the loading before nor what an earlier run had done counts.</summary>
internal sealed class Pace(TimeProvider time)
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private (long Done, long At)? first;
    private (long Done, long At) last;

    public void Tell(long done)
    {
        lock (gate)
        {
            last = (done, time.GetTimestamp());
            if (first is null || done < first.Value.Done)
                first = last;
        }
    }

    /// <summary>Of its unit a second; null while there is too little to tell.</summary>
    public double? Rate()
    {
        lock (gate)
            return first is { } began && last.Done > began.Done && time.GetElapsedTime(began.At) is var since && since >= Settled
                ? (last.Done - began.Done) / Math.Max(time.GetElapsedTime(began.At, last.At).TotalSeconds, Slowing(since)) : null;
    }

    /// <summary>Until the time that the last step took has passed once more, the next is not late.</summary>
    private double Slowing(TimeSpan since) => (since.TotalSeconds + time.GetElapsedTime(first!.Value.At, last.At).TotalSeconds) / 2;

    /// <summary>What is left at this pace; null while nobody can say.</summary>
    public TimeSpan? Left(long? total) => total is { } all && Rate() is { } rate && last.Done <= all ? TimeSpan.FromSeconds(Math.Min((all - last.Done) / rate, TimeSpan.FromDays(999).TotalSeconds)) : null;
}
