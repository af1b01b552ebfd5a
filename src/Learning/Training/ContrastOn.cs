namespace DataflowRlhf.Learning.Training;

/// <summary>What the contrastive term takes as samples.</summary>
public enum ContrastOn
{
    /// <summary>f(x, y_c) − f(x, y_r) and its negative.</summary>
    Differences,

    /// <summary>f(x, y_c) and f(x, y_r).</summary>
    Pairs,
}
