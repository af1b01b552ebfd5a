namespace DataflowRlhf.Learning.Models.Lora;

/// <summary>Low-rank adapters (Hu et al. 2021): W x + (alpha / rank) · B A x, where A and B alone are trained.</summary>
public sealed record LoraSettings
{
    /// <summary>r, the rows of A and the columns of B.</summary>
    public required int Rank { get; init; }

    public required double Alpha { get; init; }

    /// <summary>Last parts of the adapted weights' names, such as <c>q_proj</c>; empty: query and value, or the weight that holds both.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>alpha / rank.</summary>
    public double Scale => Alpha / Rank;
}
