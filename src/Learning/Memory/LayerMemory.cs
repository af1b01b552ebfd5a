using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Models.Lora;

namespace DataflowRlhf.Learning.Memory;

/// <summary>
/// The bytes of one layer of a <see cref="Decoder"/> for one pass, tensor by tensor as <see cref="DecoderLayer"/> and <see cref="Attention"/> make them.
/// A layer runs in a scope, so all it makes is there at its end (<see cref="Made"/>), and after it what the gradient needs (<see cref="Kept"/>).
/// </summary>
internal sealed class LayerMemory
{
    private const int Wide = 4;
    private readonly DecoderConfig config;
    private readonly PassShape pass;
    private readonly LoraSettings? lora;
    private readonly int size;
    private readonly IReadOnlyList<string> adapted;

    /// <param name="size">Bytes of a value.</param>
    /// <param name="lora">Adapters beside frozen weights; null: every weight is trained.</param>
    /// <param name="dropout">Values are dropped after attention and MLP.</param>
    public LayerMemory(DecoderConfig config, PassShape pass, int size, LoraSettings? lora, bool dropout)
    {
        (this.config, this.pass, this.size, this.lora) = (config, pass, size, lora);
        adapted = lora is null ? [] : lora.Targets.Count > 0 ? lora.Targets : config.Family.UsualTargets;
        Hidden = pass.Tokens * config.HiddenSize * size;
        var names = config.Family.Names;
        var parallel = config.ParallelResidual ?? config.Family.ParallelResidual;
        var readsState = config.Family.LayerNorm || size == Wide; // what an RMS norm in bfloat16 keeps is its float32 copy
        var attention = Attention();
        var mlp = Mlp();
        var norm = Norm(pass.Tokens * config.HiddenSize);
        var drop = dropout ? 2 * Hidden : 0;
        KeptByMlp = mlp.Kept + norm.Kept + (Reads(names.Gate is null ? [names.Up] : [names.Gate, names.Up]) ? Hidden : 0) + (readsState && !parallel ? Hidden : 0);
        Kept = Hidden + norm.Kept + (Reads(names.QueryKeyValue) ? Hidden : 0) + attention.Kept + KeptByMlp + drop;
        // The two norms, the projections of attention and MLP back to the state, the two sums.
        Made = (2 * norm.Made) + attention.Made + mlp.Made + (4 * Hidden) + (dropout ? 4 * Hidden : 0);
        // On the way back the MLP has two gradients of its width beside what is kept, attention two of its matrices.
        BackThroughMlp = (2 * pass.Tokens * config.FfnSize * size) + (2 * Hidden);
        BackThroughAttention = (2 * Matrices) + (4 * pass.Places * Query * size) + (2 * Hidden);
    }

    /// <summary>(tokens, hidden).</summary>
    public long Hidden { get; }

    /// <summary>What is left while gradients are recorded, its output included.</summary>
    public long Kept { get; }

    /// <summary>All that a layer has made when it ends, its output included.</summary>
    public long Made { get; }

    /// <summary>The part of <see cref="Kept"/> that is gone when attention's gradient is computed.</summary>
    public long KeptByMlp { get; }

    /// <summary>Gradients that flow, on top of what is kept.</summary>
    public long BackThroughMlp { get; }

    /// <inheritdoc cref="BackThroughMlp"/>
    public long BackThroughAttention { get; }

    private long Query => (long)config.Heads * config.HeadDim;

    private long Key => (long)config.KvHeads * config.HeadDim;

    /// <summary>One set of attention matrices, (groups, heads, length, length).</summary>
    private long Matrices => pass.Squares * config.Heads * size;

    /// <summary>Whether a gradient needs what these projections are given: their own, or their adapters'.</summary>
    private bool Reads(params IReadOnlyList<string> names) => lora is null || names.Any(Adapted);

    private bool Adapted(string name) => adapted.Contains(name[(name.LastIndexOf('.') + 1)..]);

    /// <summary>An adapter's inner values are kept; its part, its scaled part and the sum are made.</summary>
    private (long Kept, long Made) Adapter(string name, long width)
    {
        if (!Adapted(name))
            return (0, 0);
        var inner = pass.Tokens * lora!.Rank * size;
        return (inner, inner + (3 * pass.Tokens * width * size));
    }

    /// <summary>What a norm of so many values keeps beside its input and its result, and what it makes.</summary>
    private (long Kept, long Made) Norm(long values)
    {
        if (config.Family.LayerNorm)
            return (0, values * size);
        var trained = lora is null;
        if (size == Wide)
            return (trained ? values * Wide : 0, 3 * values * Wide); // squares, scaled, times weight
        return config.Family.NormAddsOne
            ? (values * (Wide + (trained ? Wide : 0)), values * ((4 * Wide) + size))
            : (values * (Wide + (trained ? size : 0)), values * ((3 * Wide) + (2 * size)));
    }

    private (long Kept, long Made) Attention()
    {
        var names = config.Family.Names;
        var (tokens, places) = (pass.Tokens * size, pass.Places * size);
        var all = Query + (2 * Key);
        var rotated = names.Positions is null ? (Query + Key) * tokens : 0;
        // Heads' queries, keys and values side by side for the matrix product; shared keys and values are copied for every query head either way.
        long kept = 3 * Query * places;
        kept += Matrices;
        var made = (2 * all * tokens) + (all * places)        // projected, joined, gathered
            + ((long)(4.5 * config.RotaryShare * rotated)) + (config.RotaryShare < 1 ? rotated : 0)
            + (4 * Query * places)                            // scaled queries, and the copies
            + (3 * Matrices)                                  // scores, masked, shares
            + ((pass.Blocks > 1 ? 3 : 2) * Query * places)    // mixed, by token, joined again
            + (Query * tokens);                               // back in the pack's order
        if (names.HeadNorms is not null)
        {
            var norm = Norm((Query + Key) * pass.Tokens);
            kept += norm.Kept + (size == Wide ? (Query + Key) * tokens : 0);
            made += norm.Made;
        }
        if (Reads(names.Out))
            kept += Query * tokens;
        var widths = names.QueryKeyValue.Length == 1 ? new[] { all } : [Query, Key, Key];
        foreach (var (name, width) in names.QueryKeyValue.Zip(widths).Append((names.Out, config.HiddenSize)))
        {
            var adapter = Adapter(name, width);
            kept += adapter.Kept;
            made += adapter.Made;
        }
        return (kept, made);
    }

    private (long Kept, long Made) Mlp()
    {
        var names = config.Family.Names;
        var (wide, gated) = (pass.Tokens * config.FfnSize * size, names.Gate is not null);
        // Of f(x): what its gradient needs beside its result, and all it makes with it; x itself is made by the projection.
        var (kept, made) = (config.Activation ?? config.Family.Activation) switch
        {
            "silu" or "swish" or "gelu" => (1, 1),
            "relu" => (0, 1),
            _ => (4, 8), // ½ x (1 + tanh(…)): x, x/2, tanh, 1 + tanh
        };
        var readsDown = Reads(names.Down);
        // With a gate, result and other factor are kept for each other, and their product for the projection down.
        long count = gated ? kept + 2 + (readsDown ? 1 : 0) : kept + (readsDown || kept == 0 ? 1 : 0);
        var (allKept, allMade) = (count * wide, (made + (gated ? 3 : 1)) * wide);
        foreach (var (name, width) in new[] { (names.Gate, config.FfnSize), (names.Up, config.FfnSize), (names.Down, config.HiddenSize) })
        {
            if (name is null)
                continue;
            var adapter = Adapter(name, width);
            allKept += adapter.Kept;
            allMade += adapter.Made;
        }
        return (allKept, allMade);
    }
}
