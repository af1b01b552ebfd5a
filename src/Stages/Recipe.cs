namespace DataflowRlhf.Stages;

/// <summary>What becomes of labels that the voters do not believe (paper 2.4, 2.5). In YAML <c>flip+margin</c>, <c>soft-label+margin</c>.</summary>
public enum Recipe
{
    /// <summary>Nothing.</summary>
    Baseline,

    /// <summary>Weak pairs are swapped.</summary>
    Flip,

    /// <summary>Every pair's margin is its strength.</summary>
    Margin,

    /// <summary>Weak pairs are swapped; then every pair's margin is its strength.</summary>
    FlipPlusMargin,

    /// <summary>Weak pairs get a soft label; every pair's margin is its strength.</summary>
    SoftLabelPlusMargin,
}
