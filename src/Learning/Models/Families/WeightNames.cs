namespace DataflowRlhf.Learning.Models.Families;

/// <summary>What a family calls its weights in a Hugging Face folder, without <c>.weight</c> and <c>.bias</c>.</summary>
internal sealed record WeightNames
{
    /// <summary>What stands before all names but the head's, such as <c>model.</c>; some published folders leave it out.</summary>
    public required string Prefix { get; init; }
    public required string Embeddings { get; init; }

    /// <summary>The table of learned positions; null: positions are rotary.</summary>
    public string? Positions { get; init; }

    /// <summary>What stands before a layer's names, with its number for <c>#</c>.</summary>
    public string Layer { get; init; } = "layers.#.";
    public required string AttentionNorm { get; init; }
    public required string MlpNorm { get; init; }

    /// <summary>Query, key and value as three weights, or as one.</summary>
    public required string[] QueryKeyValue { get; init; }

    /// <summary>Norms over each head of query and key; null: none.</summary>
    public (string Query, string Key)? HeadNorms { get; init; }
    public required string Out { get; init; }

    /// <summary>The MLP's gate; null: none.</summary>
    public string? Gate { get; init; }
    public required string Up { get; init; }
    public required string Down { get; init; }
    public required string FinalNorm { get; init; }

    /// <summary>The language-model head, with <c>.weight</c>.</summary>
    public string Head { get; init; } = "lm_head.weight";

    /// <summary>Ends of names that hold constants, which old folders carry and nothing needs.</summary>
    public string[] Constants { get; init; } = [];

    public string At(int layer) => Layer.Replace("#", layer.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
