namespace DataflowRlhf.Graph;

/// <summary>Room for so many bytes between one producer and one consumer. A thing larger than all of it passes alone.</summary>
internal sealed class ByteCredit(long limit)
{
    private long limit = limit;
    private readonly Lock gate = new();
    private long used;
    private (long Bytes, TaskCompletionSource Granted)? waiting;

    public long Peak { get; private set; }

    public long Used => Volatile.Read(ref used);

    /// <summary>Waits until there is room. One caller at a time.</summary>
    public Task TakeAsync(long bytes, CancellationToken stopping)
    {
        lock (gate)
        {
            if (Fits(bytes))
            {
                Use(bytes);
                return Task.CompletedTask;
            }
            var granted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting = (bytes, granted);
            return granted.Task.WaitAsync(stopping);
        }
    }

    public void Give(long bytes)
    {
        lock (gate)
        {
            used -= bytes;
            if (waiting is not { } next || !Fits(next.Bytes))
                return;
            waiting = null;
            Use(next.Bytes);
            next.Granted.SetResult();
        }
    }

    /// <summary>From now on there is room for everything.</summary>
    public void Lift()
    {
        lock (gate)
            limit = long.MaxValue;
        Give(0);
    }

    private bool Fits(long bytes) => used == 0 || used + bytes <= limit;

    private void Use(long bytes)
    {
        used += bytes;
        Peak = Math.Max(Peak, used);
    }
}
