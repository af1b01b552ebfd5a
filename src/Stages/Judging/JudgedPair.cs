namespace DataflowRlhf.Stages.Judging;

/// <summary>Two responses to one prompt.</summary>
internal sealed record JudgedPair(string Prompt, string First, string Second);

/// <summary>What both orders together say.</summary>
/// <param name="Preference">1: the first response, −1: the second, 0: a tie.</param>
/// <param name="Disagreed">The two orders do not agree, which is a tie.</param>
/// <param name="Unclear">Why there is no verdict; null where there is one.</param>
internal readonly record struct PairVerdict(int Preference, bool Disagreed, string? Unclear)
{
    /// <summary>A preference counts only where both orders agree on it; all else is a tie.</summary>
    /// <param name="asGiven">The verdict with the first response as A.</param>
    /// <param name="swapped">The verdict with the first response as B.</param>
    public static PairVerdict Of(Verdict asGiven, Verdict swapped) => (asGiven, swapped) switch
    {
        (Verdict.A, Verdict.B) => new(1, false, null),
        (Verdict.B, Verdict.A) => new(-1, false, null),
        (Verdict.Tie, Verdict.Tie) => new(0, false, null),
        _ => new(0, true, null),
    };
}
