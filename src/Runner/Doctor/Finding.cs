namespace DataflowRlhf.Runner.Doctor;

/// <summary>One line of <c>rlhf doctor</c>.</summary>
/// <param name="What">What was looked at.</param>
/// <param name="Says">What was found.</param>
/// <param name="Do">What to do about it; null: nothing.</param>
internal sealed record Finding(string What, string Says, string? Do = null)
{
    /// <summary>Nothing that needs it will run.</summary>
    public bool Broken { get; init; }
}
