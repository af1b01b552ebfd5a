using DataflowRlhf.Learning.Models.Lora;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>A decoder-only transformer described by its config; what sets an architecture apart is in <c>Families</c>. Parameters keep their Hugging Face names and shapes.</summary>
public sealed class Decoder : nn.Module
{
    private readonly List<(string Name, Parameter Value)> named = [];
    private readonly DecoderLayer[] layers;
    private readonly Parameter? positionTable;
    private readonly Norm finalNorm;
    private readonly List<Recomputation> open = [];

    internal Decoder(DecoderConfig config, Func<string, long[], Tensor> weight)
        : base(nameof(Decoder))
    {
        Config = config;
        Dropout = config.Dropout;
        var weights = new Dictionary<string, Parameter>(StringComparer.Ordinal);
        foreach (var (name, shape) in DecoderLayout.Weights(config))
        {
            var parameter = new Parameter(weight(name, shape));
            register_parameter(name.Replace('.', '_'), parameter);
            weights[name] = parameter;
            named.Add((name, parameter));
        }
        var names = config.Family.Names;
        Embeddings = weights[names.Embeddings + ".weight"];
        positionTable = names.Positions is null ? null : weights[names.Positions + ".weight"];
        finalNorm = new(weights[names.FinalNorm + ".weight"], weights.GetValueOrDefault(names.FinalNorm + ".bias"), config.NormEps, config.Family.NormAddsOne);
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => new DecoderLayer(config, i, weights))];
    }

    public DecoderConfig Config { get; }

    /// <summary>Share of values dropped after embeddings, attention and MLP while training.</summary>
    public double Dropout { get; set; }

    /// <summary>Where gradients are recorded, layers keep what they were given and compute the rest again on the way back, which is then <see cref="Backward"/>.</summary>
    public bool Recomputes { get; set; }

    /// <summary>Parameters under their Hugging Face names, without the model's prefix.</summary>
    public IReadOnlyList<(string Name, Parameter Value)> Named => named;

    /// <summary>(vocabulary, hidden).</summary>
    internal Parameter Embeddings { get; }

    /// <summary>The low-rank adapters; null: none.</summary>
    public LoraAdapters? Adapters { get; private set; }

    /// <summary>Freezes every weight, and sets adapters beside those named in the settings, which are trained instead.</summary>
    /// <param name="seed">Equal seeds give equal adapters.</param>
    /// <exception cref="ModelFolderException">A target is no weight of this architecture.</exception>
    public LoraAdapters Adapt(LoraSettings settings, long seed)
    {
        var all = layers.SelectMany(l => l.Projections).ToList();
        var kinds = all.Select(p => Kind(p.Name)).Distinct().ToList();
        IReadOnlyList<string> targets = settings.Targets.Count > 0 ? settings.Targets : Config.Family.UsualTargets;
        if (targets.FirstOrDefault(t => !kinds.Contains(t)) is { } unknown)
            throw new ModelFolderException($"LoRA target '{unknown}' is no weight of a {Config.ModelType} layer; {string.Join(", ", kinds)} are.");
        foreach (var (_, parameter) in named)
            parameter.requires_grad_(false);
        using var generator = new Generator((ulong)seed, CPU);
        var adapters = all.Where(p => targets.Contains(Kind(p.Name))).Select(p => (p, LoraAdapter.Create(p.Name, p, settings, generator))).ToList();
        foreach (var (_, adapter) in adapters)
        {
            register_parameter(adapter.Name.Replace('.', '_') + "_lora_A", adapter.A);
            register_parameter(adapter.Name.Replace('.', '_') + "_lora_B", adapter.B);
        }
        return Adapters = new(settings with { Targets = targets }, adapters);

        static string Kind(string name) => name[(name.LastIndexOf('.') + 1)..];
    }

    /// <summary>Makes the adapters part of the weights for good; all weights can be trained again.</summary>
    public void Absorb()
    {
        if (Adapters is not { } adapters)
            return;
        adapters.Merge();
        foreach (var adapter in adapters.All)
        {
            adapter.A.requires_grad_(false);
            adapter.B.requires_grad_(false);
        }
        foreach (var (_, parameter) in named)
            parameter.requires_grad_(true);
        Adapters = null;
    }

    /// <summary>The hidden states after the final norm, (tokens, hidden), of a packed batch.</summary>
    /// <exception cref="ArgumentException">A sequence is longer than the model's positions.</exception>
    public Tensor Hidden(PackedBatch batch) => Packed(batch, null);

    /// <summary>What each layer was given, (tokens, hidden) each, and at the end the hidden states after the final norm: layers + 1 in all.</summary>
    /// <exception cref="ArgumentException">A sequence is longer than the model's positions.</exception>
    public IReadOnlyList<Tensor> HiddenStates(PackedBatch batch)
    {
        var states = new List<Tensor>(layers.Length + 1);
        states.Add(Packed(batch, states.Add));
        return states;
    }

    private Tensor Packed(PackedBatch batch, Action<Tensor>? given)
    {
        if (batch.MaxPosition >= Config.Longest)
            throw new ArgumentException($"A sequence of {batch.MaxPosition + 1} tokens is longer than the model's {Config.Longest} positions.");
        return Run(batch.Ids, batch.Positions, batch.MaxPosition + 1, (layer, q, k, v) => Attention.Packed(layer, q, k, v, batch, Config), given);
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
        var whole = blocked.unsqueeze(1);
        var windowed = Config.SlidingWindow > 0 ? blocked.logical_or((slots.unsqueeze(2) - seen).ge(Config.SlidingWindow)).unsqueeze(1) : whole;
        var length = (int)(cache.Used + tokens) - cache.Starts.Min();
        var hidden = Run(ids.reshape(-1), positions.reshape(-1), length,
            (layer, q, k, v) => Attention.Cached(layer, q, k, v, batch, tokens, cache, Config.WindowOf(layer) > 0 ? windowed : whole, Config), null);
        cache.Used += (int)tokens;
        return hidden;
    }

    /// <summary>A cache for prompts of the given lengths and so many new tokens.</summary>
    public KeyValueCache NewCache(int[] lengths, int newTokens) => new(Config, lengths, lengths.Max() + newTokens, Embeddings.dtype, Embeddings.device);

    private delegate Tensor Attend(int layer, Tensor query, Tensor key, Tensor value);

    private Tensor Run(Tensor ids, Tensor positions, int length, Attend attend, Action<Tensor>? given)
    {
        var x = Embedded(ids, positions);
        var rotary = positionTable is null ? Rotary.Of(positions, length, Config, x.dtype) : null;
        var chance = training && Dropout > 0 ? (ulong)randint(1L << 62, [1]).ToInt64() : 0;
        if (Recomputes && given is null && is_grad_enabled())
        {
            var pass = new Recomputation(x, layers.Length, Layer);
            open.Add(pass);
            return finalNorm.Of(pass.Top);
        }
        for (var i = 0; i < layers.Length; i++)
        {
            given?.Invoke(x);
            x = Layer(i, x);
        }
        return finalNorm.Of(x);

        // One layer; what it leaves behind and no gradient needs is gone at its end. Its dropout is its own, so that it comes out the same again.
        Tensor Layer(int i, Tensor x)
        {
            using var scope = NewDisposeScope();
            if (chance != 0)
                Chance.SeedTorch(chance, i);
            var layer = layers[i];
            var (q, k, v) = layer.QueryKeyValue(layer.AttentionNorm.Of(x), rotary);
            var attended = x + Dropped(layer.Out.Of(attend(i, q, k, v)));
            return (attended + Dropped(layer.Mlp(layer.MlpNorm.Of(layer.Parallel ? x : attended)))).MoveToOuterDisposeScope();
        }
    }

    /// <summary>Back from a loss over this decoder's hidden states; the same as the loss's own unless it <see cref="Recomputes"/>.</summary>
    /// <param name="loss">A scalar.</param>
    public void Backward(Tensor loss)
    {
        loss.backward();
        foreach (var pass in open)
            pass.Backward();
        open.Clear();
    }

    private Tensor Embedded(Tensor ids, Tensor positions)
    {
        var x = Embeddings.index_select(0, ids);
        if (Config.Family.ScalesEmbeddings)
            x = x * tensor(Math.Sqrt(Config.HiddenSize), dtype: x.dtype, device: x.device); // rounded to the weights' type, as the model was trained
        if (positionTable is not null)
            x = x + positionTable.index_select(0, positions);
        return Dropped(x);
    }

    private Tensor Dropped(Tensor x) => training && Dropout > 0 ? nn.functional.dropout(x, Dropout, true) : x;
}
