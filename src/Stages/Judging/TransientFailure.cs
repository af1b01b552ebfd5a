namespace DataflowRlhf.Stages.Judging;

/// <summary>A request failed in a way that may pass: 408, 409, 429, 5xx, a timeout, a lost connection.</summary>
/// <param name="what">What happened, without anything the other side wrote.</param>
/// <param name="after">How long the other side asks to wait.</param>
internal sealed class TransientFailure(string what, TimeSpan? after = null) : Exception(what)
{
    public TimeSpan? After { get; } = after;
}
