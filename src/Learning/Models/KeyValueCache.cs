using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>
/// Keys and values of the tokens so far, for every layer: (batch, kv heads, slots, head size). Prompts stand at the right end of the first slots, so that
/// all sequences write their next token into the same slot; slots before a prompt are never looked at.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly Tensor[] keys, values;

    internal KeyValueCache(DecoderConfig config, int[] lengths, int capacity, ScalarType type, Device device)
    {
        Capacity = capacity;
        Starts = [.. lengths.Select(l => lengths.Max() - l)];
        keys = [.. Enumerable.Range(0, config.Layers).Select(_ => Made())];
        values = [.. Enumerable.Range(0, config.Layers).Select(_ => Made())];
        Tensor Made() => zeros([lengths.Length, config.KvHeads, capacity, config.HeadDim], type, device).DetachFromDisposeScope();
    }

    /// <summary>Slots written.</summary>
    public int Used { get; internal set; }
    public int Capacity { get; }

    /// <summary>The first slot of each sequence.</summary>
    public int[] Starts { get; private set; }
    public int Batch => Starts.Length;

    /// <summary>Writes new slots of a layer and returns all keys and values up to them.</summary>
    internal (Tensor Keys, Tensor Values) Append(int layer, Tensor key, Tensor value)
    {
        var count = key.size(2);
        keys[layer].narrow(2, Used, count).copy_(key);
        values[layer].narrow(2, Used, count).copy_(value);
        return (keys[layer].narrow(2, 0, Used + count), values[layer].narrow(2, 0, Used + count));
    }

    /// <summary>The given sequences, in the given order, possibly more than once: k samples of a prompt, or those not finished.</summary>
    public void Select(int[] rows)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var index = tensor(rows.Select(r => (long)r).ToArray(), device: keys[0].device);
        for (var layer = 0; layer < keys.Length; layer++)
        {
            Replace(keys, layer, index);
            Replace(values, layer, index);
        }
        Starts = [.. rows.Select(r => Starts[r])];
    }

    private static void Replace(Tensor[] all, int layer, Tensor index)
    {
        var picked = all[layer].index_select(0, index).DetachFromDisposeScope();
        all[layer].Dispose();
        all[layer] = picked;
    }

    public void Dispose()
    {
        foreach (var tensor in keys.Concat(values))
            tensor.Dispose();
    }
}
