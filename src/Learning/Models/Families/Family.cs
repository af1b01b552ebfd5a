using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Models.Families;

/// <summary>What sets an architecture apart: its names, its config's fields, and the few steps in which it computes otherwise. Its numbers are in <see cref="DecoderConfig"/>.</summary>
internal abstract class Family
{
    private static readonly Family[] All = [new Gpt2(), new GptNeoX(), new Llama(), new Mistral(), new Qwen2(), new Qwen3(), new Gemma()];

    public static string Supported => string.Join(", ", All.Select(f => f.ModelType));

    public static Family? Find(string modelType) => All.FirstOrDefault(f => f.ModelType == modelType);

    /// <summary>The config's <c>model_type</c>.</summary>
    public abstract string ModelType { get; }

    /// <summary>The class that transformers makes of a language model, and of a sequence classifier.</summary>
    public abstract (string Language, string Classifier) Classes { get; }
    public abstract WeightNames Names { get; }

    /// <summary>The MLP's function where the config has none.</summary>
    public abstract string Activation { get; }

    /// <summary>Layer norm with weight and bias, or else RMS norm with a weight.</summary>
    public virtual bool LayerNorm => false;

    /// <summary>RMS norm multiplies by 1 + weight.</summary>
    public virtual bool NormAddsOne => false;

    /// <summary>Embeddings are multiplied by √hidden.</summary>
    public virtual bool ScalesEmbeddings => false;

    /// <summary>Biases of query, key and value where the config does not say.</summary>
    public virtual bool AttentionBias => false;

    /// <summary>Attention's output has a bias when query, key and value have.</summary>
    public virtual bool OutBias => true;
    public virtual bool MlpBias => false;

    /// <summary>Weights are stored (in, out).</summary>
    public virtual bool Transposed => false;

    /// <summary>Query, key and value as one weight lie side by side for each head, or else one after the other for all.</summary>
    public virtual bool FusedByHead => false;

    /// <summary>Attention and MLP read the same state, where the config does not say.</summary>
    public virtual bool ParallelResidual => false;

    /// <summary>What low-rank adapters are set beside where nothing is named: query and value, or the weight that holds them.</summary>
    public IReadOnlyList<string> UsualTargets =>
        [.. (Names.QueryKeyValue is [var query, _, var value] ? new[] { query, value } : Names.QueryKeyValue).Select(n => n[(n.LastIndexOf('.') + 1)..])];

    /// <exception cref="ModelFolderException">A field is missing or cannot be.</exception>
    public abstract DecoderConfig Read(ConfigFields fields);

    /// <summary>Writes what <see cref="Read"/> reads, but for the fields that all families share.</summary>
    public abstract void Write(DecoderConfig config, JsonObject json);

    /// <summary>Null for what the family does anyway, so that equal configs are equal.</summary>
    protected static T? Unless<T>(T value, T usual)
        where T : struct, IEquatable<T> => value.Equals(usual) ? null : value;

    protected static string? Unless(string value, string usual) => value == usual ? null : value;
}
