namespace DataflowRlhf.Stages.Tests.Judging;

/// <summary>
/// Time that a test moves. A timer of <see cref="Patience"/> or longer (a timeout) waits for <see cref="Advance"/>; a shorter one (a back-off) is written
/// down, moves the time on and is over at once.
/// </summary>
public sealed class FakeClock : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<Timer> waiting = [];
    private DateTimeOffset now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public TimeSpan Patience { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The back-offs in the order they began.</summary>
    public List<TimeSpan> Waits { get; } = [];

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
            return now;
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => GetUtcNow().Ticks;

    /// <summary>Moves on, and ends the timers that are due.</summary>
    public void Advance(TimeSpan by)
    {
        List<Timer> due;
        lock (gate)
        {
            now += by;
            due = [.. waiting.Where(t => t.Due <= now)];
            waiting.RemoveAll(due.Contains);
        }
        foreach (var timer in due)
            timer.Fire();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Start(Timer timer, TimeSpan wait)
    {
        lock (gate)
        {
            waiting.Remove(timer);
            if (wait == Timeout.InfiniteTimeSpan)
                return;
            timer.Due = now + wait;
            if (wait >= Patience)
            {
                waiting.Add(timer);
                return;
            }
            Waits.Add(wait);
            now += wait;
        }
        ThreadPool.QueueUserWorkItem(_ => timer.Fire());
    }

    private void Stop(Timer timer)
    {
        lock (gate)
            waiting.Remove(timer);
    }

    private sealed class Timer(FakeClock clock, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Start(this, dueTime);
            return true;
        }

        public void Dispose() => clock.Stop(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
