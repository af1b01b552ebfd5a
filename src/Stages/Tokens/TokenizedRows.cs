namespace DataflowRlhf.Stages.Tokens;

/// <summary>What the rows hold that become tokens.</summary>
public enum TokenizedRows
{
    /// <summary>A prompt and its two responses.</summary>
    Pairs,

    /// <summary>A prompt alone.</summary>
    Prompts,
}
