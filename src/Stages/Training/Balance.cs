namespace DataflowRlhf.Stages.Training;

/// <summary>What weighs as one in a batch of pairs.</summary>
public enum Balance
{
    /// <summary>Each pair.</summary>
    Pair,

    /// <summary>All pairs of a prompt together, in one batch: 1 / C(K, 2) · Σ, InstructGPT, book (6).</summary>
    Prompt,
}
