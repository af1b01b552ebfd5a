namespace DataflowRlhf.Graph.Tests.Store;

/// <summary>A clock that a test moves.</summary>
internal sealed class HandClock(DateTimeOffset now) : TimeProvider
{
    public HandClock()
        : this(System.GetUtcNow())
    {
    }

    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
