using DataflowRlhf.Learning.Packing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>
/// A decoder-only transformer described by its config: Llama-like (RMS norm, rotary positions, gated MLP, grouped heads) or GPT-2-like (layer norm, learned
/// positions, GELU). Parameters keep their Hugging Face names.
/// </summary>
public sealed class Decoder : nn.Module
{
    private readonly Dictionary<string, Parameter> weights = new(StringComparer.Ordinal);
    private readonly List<(string Name, Parameter Value)> named = [];
    private readonly LayerWeights[] layers;

    /// <summary>One layer's parameters, looked up once.</summary>
    private sealed record LayerWeights(Parameter Norm1, Parameter Norm2, Parameter[] Qkv, Parameter?[] QkvBias, Parameter Out, Parameter? OutBias,
        Parameter? QNorm, Parameter? KNorm, Parameter[] Mlp, Parameter?[] MlpBias, Parameter? Norm1Bias, Parameter? Norm2Bias);

    internal Decoder(DecoderConfig config, Func<string, long[], Tensor> weight)
        : base(nameof(Decoder))
    {
        Config = config;
        Dropout = config.Dropout;
        foreach (var (name, shape) in DecoderLayout.Weights(config))
        {
            var parameter = new Parameter(weight(name, shape));
            register_parameter(name.Replace('.', '_'), parameter);
            weights[name] = parameter;
            named.Add((name, parameter));
        }
        layers = [.. Enumerable.Range(0, config.Layers).Select(Layer)];
    }

    public DecoderConfig Config { get; }

    /// <summary>Share of values dropped after embeddings, attention and MLP while training.</summary>
    public double Dropout { get; set; }

    /// <summary>Parameters under their Hugging Face names, without the model's prefix.</summary>
    public IReadOnlyList<(string Name, Parameter Value)> Named => named;

    internal Parameter Embeddings => weights[Config.IsGpt2 ? "wte.weight" : "embed_tokens.weight"];

    private LayerWeights Layer(int i)
    {
        Parameter? Maybe(string name) => weights.GetValueOrDefault((Config.IsGpt2 ? $"h.{i}." : $"layers.{i}.") + name);
        Parameter Get(string name) => Maybe(name)!;
        return Config.IsGpt2
            ? new(Get("ln_1.weight"), Get("ln_2.weight"), [Get("attn.c_attn.weight")], [Get("attn.c_attn.bias")], Get("attn.c_proj.weight"), Get("attn.c_proj.bias"), null, null,
                [Get("mlp.c_fc.weight"), Get("mlp.c_proj.weight")], [Get("mlp.c_fc.bias"), Get("mlp.c_proj.bias")], Get("ln_1.bias"), Get("ln_2.bias"))
            : new(Get("input_layernorm.weight"), Get("post_attention_layernorm.weight"),
                [Get("self_attn.q_proj.weight"), Get("self_attn.k_proj.weight"), Get("self_attn.v_proj.weight")],
                [Maybe("self_attn.q_proj.bias"), Maybe("self_attn.k_proj.bias"), Maybe("self_attn.v_proj.bias")], Get("self_attn.o_proj.weight"), null,
                Maybe("self_attn.q_norm.weight"), Maybe("self_attn.k_norm.weight"),
                [Get("mlp.gate_proj.weight"), Get("mlp.up_proj.weight"), Get("mlp.down_proj.weight")], [null, null, null], null, null);
    }

    /// <summary>The hidden states after the final norm, (tokens, hidden), of a packed batch.</summary>
    /// <exception cref="ArgumentException">A sequence is longer than the model's positions.</exception>
    public Tensor Hidden(PackedBatch batch)
    {
        if (batch.MaxPosition >= Config.MaxPositions)
            throw new ArgumentException($"A sequence of {batch.MaxPosition + 1} tokens is longer than the model's {Config.MaxPositions} positions.");
        return Run(batch.Ids, batch.Positions, (_, q, k, v) => Attention.Packed(q, k, v, batch, Config));
    }

    /// <summary>
    /// The hidden states of new tokens behind a cache: prompts at once, or one token a sequence. (batch · tokens, hidden), row by row.
    /// </summary>
    /// <param name="ids">(batch, tokens) int64, the first time with the prompts at the right end.</param>
    /// <param name="cache">Holds what came before, and what comes now.</param>
    public Tensor Step(Tensor ids, KeyValueCache cache)
    {
        var (batch, tokens) = (ids.size(0), ids.size(1));
        var starts = tensor(cache.Starts.Select(s => (long)s).ToArray(), device: ids.device).unsqueeze(1);
        var slots = arange(cache.Used, cache.Used + tokens, device: ids.device).unsqueeze(0);
        var positions = (slots - starts).clamp_min(0);
        var all = arange(0, cache.Used + tokens, device: ids.device);
        // A row sees slots from its sequence's first up to itself; rows before it see themselves alone.
        var seen = all.unsqueeze(0).unsqueeze(0);
        var blocked = seen.gt(slots.unsqueeze(2)).logical_or(seen.lt(starts.unsqueeze(2)).logical_and(seen.ne(slots.unsqueeze(2))));
        if (Config.SlidingWindow > 0)
            blocked = blocked.logical_or((slots.unsqueeze(2) - seen).ge(Config.SlidingWindow));
        var mask = blocked.unsqueeze(1);
        var hidden = Run(ids.reshape(-1), positions.reshape(-1), (layer, q, k, v) => Attention.Cached(layer, q, k, v, batch, tokens, cache, mask, Config));
        cache.Used += (int)tokens;
        return hidden;
    }

    /// <summary>A cache for prompts of the given lengths and so many new tokens.</summary>
    public KeyValueCache NewCache(int[] lengths, int newTokens) => new(Config, lengths, lengths.Max() + newTokens, Embeddings.dtype, Embeddings.device);

    private delegate Tensor Attend(int layer, Tensor query, Tensor key, Tensor value);

    private Tensor Run(Tensor ids, Tensor positions, Attend attend)
    {
        var x = Embeddings.index_select(0, ids);
        if (Config.IsGpt2)
            x = x + weights["wpe.weight"].index_select(0, positions);
        var rotary = Config.IsGpt2 ? null : Rotary.Of(positions, Config, x.dtype);
        x = Dropped(x);
        for (var i = 0; i < layers.Length; i++)
        {
            var layer = layers[i];
            x = x + Dropped(SelfAttention(i, layer, Normed(x, layer.Norm1, layer.Norm1Bias), rotary, attend));
            x = x + Dropped(Mlp(layer, Normed(x, layer.Norm2, layer.Norm2Bias)));
        }
        return Config.IsGpt2 ? Normed(x, weights["ln_f.weight"], weights["ln_f.bias"]) : Normed(x, weights["norm.weight"], null);
    }

    private Tensor Dropped(Tensor x) => training && Dropout > 0 ? nn.functional.dropout(x, Dropout, true) : x;

    private Tensor Normed(Tensor x, Parameter weight, Parameter? bias)
    {
        if (bias is not null)
            return nn.functional.layer_norm(x, [x.size(-1)], weight, bias, Config.NormEps);
        return RmsNorm(x, weight);
    }

    /// <summary>x / √(mean x² + ε) · weight, the statistics in float32.</summary>
    private Tensor RmsNorm(Tensor x, Parameter weight)
    {
        var wide = x.dtype == ScalarType.BFloat16 || x.dtype == ScalarType.Float16 ? x.to(ScalarType.Float32) : x;
        var scale = (wide.square().mean([-1L], true) + Config.NormEps).rsqrt();
        return (wide * scale).to(x.dtype) * weight;
    }

    private Tensor SelfAttention(int index, LayerWeights layer, Tensor x, Rotary? rotary, Attend attend)
    {
        Tensor q, k, v;
        if (Config.IsGpt2)
        {
            var parts = (x.matmul(layer.Qkv[0]) + layer.QkvBias[0]!).chunk(3, -1);
            (q, k, v) = (Heads(parts[0], Config.Heads), Heads(parts[1], Config.Heads), Heads(parts[2], Config.Heads));
        }
        else
        {
            q = Heads(nn.functional.linear(x, layer.Qkv[0], layer.QkvBias[0]), Config.Heads);
            k = Heads(nn.functional.linear(x, layer.Qkv[1], layer.QkvBias[1]), Config.KvHeads);
            v = Heads(nn.functional.linear(x, layer.Qkv[2], layer.QkvBias[2]), Config.KvHeads);
            if (layer.QNorm is not null)
                (q, k) = (RmsNorm(q, layer.QNorm), RmsNorm(k, layer.KNorm!));
            (q, k) = (rotary!.Turn(q), rotary.Turn(k));
        }
        var mixed = attend(index, q, k, v);
        return Config.IsGpt2 ? mixed.matmul(layer.Out) + layer.OutBias! : nn.functional.linear(mixed, layer.Out);
    }

    private Tensor Heads(Tensor x, int heads) => x.reshape(-1, heads, Config.HeadDim);

    private Tensor Mlp(LayerWeights layer, Tensor x)
    {
        if (Config.IsGpt2)
            return GeluTanh(x.matmul(layer.Mlp[0]) + layer.MlpBias[0]!).matmul(layer.Mlp[1]) + layer.MlpBias[1]!;
        return nn.functional.linear(nn.functional.silu(nn.functional.linear(x, layer.Mlp[0])) * nn.functional.linear(x, layer.Mlp[1]), layer.Mlp[2]);
    }

    /// <summary>½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), transformers' gelu_new.</summary>
    private static Tensor GeluTanh(Tensor x) => x * 0.5 * ((x + (x.pow(3) * 0.044715)).mul(Math.Sqrt(2 / Math.PI)).tanh() + 1);
}
