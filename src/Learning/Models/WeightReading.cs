using DataflowRlhf.Learning.Weights;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>Takes a folder's weights by name and keeps account of what is missing, of another shape or type, or left over.</summary>
internal sealed class WeightReading : IDisposable
{
    private const int Told = 6;
    private static readonly string[] Types = ["F64", "F32", "F16", "BF16"];

    private readonly string folder, prefix;
    private readonly DecoderConfig config;
    private readonly Device device;
    private readonly ScalarType type;
    private readonly ShardedCheckpoint weights;
    private readonly HashSet<string> taken = new(StringComparer.Ordinal);

    public WeightReading(string folder, DecoderConfig config, Device device, ScalarType type)
    {
        (this.folder, this.config, this.device, this.type) = (folder, config, device, type);
        weights = Guarded(() => ShardedCheckpoint.Open(folder));
        var usual = config.Family.Names.Prefix;
        prefix = weights.Names.Any(n => n.StartsWith(usual, StringComparison.Ordinal)) ? usual : "";
    }

    public bool Has(string name) => weights.Has(name);

    /// <summary>The decoder; all its weights are looked at before any is read, so that a config of hostile size allocates nothing.</summary>
    public Decoder Decoder()
    {
        var problems = DecoderLayout.Weights(config).Select(w => Problem(prefix + w.Name, w.Shape)).Where(p => p is not null).Take(Told).ToList();
        return problems.Count == 0 ? new(config, (name, shape) => Take(prefix + name, shape)) : throw Unfit(string.Join("; ", problems));
    }

    public Tensor Take(string name, long[] shape)
    {
        if (Problem(name, shape) is { } problem)
            throw Unfit(problem);
        taken.Add(name);
        using var stored = Guarded(() => weights.ReadTensor(name));
        return stored.to(type, device, copy: true);
    }

    /// <summary>What is left over is an error, but for the named weights and the constants that old folders carry.</summary>
    public void Finish(params string[] ignored)
    {
        var constants = config.Family.Names.Constants;
        var surplus = weights.Names.Where(n => !taken.Contains(n) && !ignored.Contains(n) && !constants.Any(c => n.EndsWith(c, StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal).ToList();
        if (surplus.Count > 0)
            throw Unfit($"{string.Join(", ", surplus.Take(Told).Select(n => $"'{n}'"))}{(surplus.Count > Told ? $" and {surplus.Count - Told} more" : "")} {(surplus.Count == 1 ? "is" : "are")} there, and such a model has no weight of that name");
    }

    private string? Problem(string name, long[] shape)
    {
        if (!weights.Has(name))
            return $"'{name}' is missing";
        if (!weights.Shape(name).AsSpan().SequenceEqual(shape))
            return $"'{name}' is [{string.Join(", ", weights.Shape(name))}], and [{string.Join(", ", shape)}] is needed";
        return Types.Contains(weights.Stored(name)) ? null : $"'{name}' is stored as {weights.Stored(name)}, and {string.Join(", ", Types)} are read";
    }

    private ModelFolderException Unfit(string problem) => new($"{folder} does not fit its config.json ({config.ModelType}): {problem}.");

    private static T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SafetensorsException broken)
        {
            throw new ModelFolderException(broken.Message, broken);
        }
    }

    public void Dispose() => weights.Dispose();
}
