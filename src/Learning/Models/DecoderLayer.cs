using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>One layer's weights, looked up once, and what it does to (tokens, hidden) before and after attention.</summary>
internal sealed class DecoderLayer
{
    private readonly DecoderConfig config;
    private readonly Projection[] queryKeyValue;
    private readonly Norm? queryNorm, keyNorm;
    private readonly Projection? gate;
    private readonly Projection up, down;
    private readonly Func<Tensor, Tensor> activation;

    public DecoderLayer(DecoderConfig config, int layer, IReadOnlyDictionary<string, Parameter> weights)
    {
        this.config = config;
        var names = config.Family.Names;
        var at = names.At(layer);
        Projection Projected(string name) => new(at + name, weights[$"{at}{name}.weight"], weights.GetValueOrDefault($"{at}{name}.bias"), config.Family.Transposed);
        Norm Normed(string name) => new(weights[$"{at}{name}.weight"], weights.GetValueOrDefault($"{at}{name}.bias"), config.NormEps, config.Family.NormAddsOne);
        AttentionNorm = Normed(names.AttentionNorm);
        MlpNorm = Normed(names.MlpNorm);
        queryKeyValue = [.. names.QueryKeyValue.Select(Projected)];
        if (names.HeadNorms is var (query, key))
            (queryNorm, keyNorm) = (Normed(query), Normed(key));
        Out = Projected(names.Out);
        gate = names.Gate is null ? null : Projected(names.Gate);
        (up, down) = (Projected(names.Up), Projected(names.Down));
        activation = Activations.Of(config.Activation ?? config.Family.Activation);
    }

    /// <summary>All weights of the layer that multiply.</summary>
    public IEnumerable<Projection> Projections => new[] { [.. queryKeyValue, Out], gate is null ? new[] { up, down } : [gate, up, down] }.SelectMany(p => p);

    /// <summary>Attention and MLP are both given the layer's input.</summary>
    public bool Parallel => config.ParallelResidual ?? config.Family.ParallelResidual;

    public Norm AttentionNorm { get; }
    public Norm MlpNorm { get; }

    /// <summary>Attention's output, (tokens, heads · head size) to (tokens, hidden).</summary>
    public Projection Out { get; }

    /// <summary>(tokens, heads, head size) for the query, (tokens, kv heads, head size) for key and value.</summary>
    public (Tensor Query, Tensor Key, Tensor Value) QueryKeyValue(Tensor x, Rotary? rotary)
    {
        var (q, k, v) = Split(x);
        if (queryNorm is not null)
            (q, k) = (queryNorm.Of(q), keyNorm!.Of(k));
        return rotary is null ? (q, k, v) : (rotary.Turn(q), rotary.Turn(k), v);
    }

    private (Tensor, Tensor, Tensor) Split(Tensor x)
    {
        Tensor Heads(Tensor flat, int heads) => flat.reshape(-1, heads, config.HeadDim);
        if (queryKeyValue.Length == 3)
            return (Heads(queryKeyValue[0].Of(x), config.Heads), Heads(queryKeyValue[1].Of(x), config.KvHeads), Heads(queryKeyValue[2].Of(x), config.KvHeads));
        var all = queryKeyValue[0].Of(x);
        var parts = config.Family.FusedByHead
            ? all.reshape(-1, config.Heads, 3 * config.HeadDim).chunk(3, -1)
            : all.reshape(-1, 3 * config.Heads, config.HeadDim).chunk(3, 1);
        return (parts[0], parts[1], parts[2]);
    }

    /// <summary>down(f(gate x) · up x), or down(f(up x)) without a gate; (tokens, hidden).</summary>
    public Tensor Mlp(Tensor x) => down.Of(gate is null ? activation(up.Of(x)) : activation(gate.Of(x)) * up.Of(x));
}
