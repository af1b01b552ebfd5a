namespace DataflowRlhf.Stages.Judging;

/// <summary>What a judge's reply says of two responses.</summary>
internal enum Verdict
{
    /// <summary>No last line that is A, B or TIE.</summary>
    Unclear,
    A,
    B,
    Tie,
}

/// <summary>Reads a reply's last line.</summary>
internal static class VerdictLine
{
    /// <summary>
    /// The verdict on the last line that is not empty: <c>A</c>, <c>B</c> or <c>TIE</c>, alone. Marks of emphasis and a full stop around it are forgiven,
    /// any other letter is not. "Both are fine.\n\n**TIE**" is a tie, "I prefer A" is unclear.
    /// </summary>
    public static Verdict Read(string reply) => reply.TrimEnd().Split('\n')[^1].Trim().Trim('*', '`', '_', '.', '"') switch
    {
        "A" => Verdict.A,
        "B" => Verdict.B,
        "TIE" => Verdict.Tie,
        _ => Verdict.Unclear,
    };
}
