namespace DataflowRlhf.Stages.Tokens;

/// <summary>What becomes of a pair that is longer than the context.</summary>
public enum OverLong
{
    /// <summary>The beginning of the prompt goes; a response never loses a token.</summary>
    TruncatePromptLeft,

    /// <summary>The row is put aside.</summary>
    Drop,

    /// <summary>The stage fails.</summary>
    Error,
}
