namespace DataflowRlhf.Stages.Training;

/// <summary>What one example of a batch is, and its loss.</summary>
public enum RewardLoss
{
    /// <summary>Each pair by itself.</summary>
    Pairs,

    /// <summary>All comparisons of a prompt together, each response computed once: 1 / C(K, 2) · Σ, InstructGPT's balanced comparisons, book (6).</summary>
    Comparisons,

    /// <summary>Plackett–Luce over the ranked responses of a prompt, Starling's K-wise loss.</summary>
    KWise,
}
