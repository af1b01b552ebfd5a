namespace DataflowRlhf.Learning.Training;

/// <summary>The contrastive term beside the pair loss (paper 3.1).</summary>
public enum Contrast
{
    None,

    /// <summary>Two views of a sample attract, other samples repel, paper (9).</summary>
    Simcse,

    /// <summary>Each view predicts the cluster of the other, paper (7)(8).</summary>
    Swav,
}
