namespace DataflowRlhf.Stages;

/// <summary>What becomes of one row, and why.</summary>
/// <param name="Train">A training row; the others are left alone.</param>
internal sealed record Ruling(bool Train, bool Drop, bool Flip, float Margin, float Alpha, string Reason)
{
    public static Ruling Held(string split) => new(false, false, false, 0, 0, $"kept: split {split}");
}
