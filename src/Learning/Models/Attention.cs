using DataflowRlhf.Learning.Packing;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>Softmax attention over a packed batch or behind a cache. Queries (rows, heads, head size), keys and values (rows, kv heads, head size); gives (rows, heads · head size).</summary>
internal static class Attention
{
    public static Tensor Packed(int layer, Tensor q, Tensor k, Tensor v, PackedBatch batch, DecoderConfig config)
    {
        // One gather for all three: gathering rows, and adding their gradients back, costs by the row.
        var joined = cat([q, k, v], 1);
        var outputs = new List<Tensor>(batch.Blocks.Count);
        foreach (var block in batch.Blocks)
        {
            var rows = joined.index_select(0, block.Gather).view(block.Groups, block.Length, config.Heads + (2 * config.KvHeads), config.HeadDim).transpose(1, 2);
            var mixed = Mix(rows.narrow(1, 0, config.Heads), rows.narrow(1, config.Heads, config.KvHeads), rows.narrow(1, config.Heads + config.KvHeads, config.KvHeads),
                block.Blocked(config.WindowOf(layer)), layer, config);
            outputs.Add(mixed.transpose(1, 2).reshape(-1, config.Heads * config.HeadDim));
        }
        var places = outputs.Count == 1 ? outputs[0] : cat(outputs, 0);
        return places.index_select(0, batch.Back);
    }

    public static Tensor Cached(int layer, Tensor q, Tensor k, Tensor v, long batch, long tokens, KeyValueCache cache, Tensor blocked, DecoderConfig config)
    {
        Tensor Split(Tensor x, int heads) => x.reshape(batch, tokens, heads, config.HeadDim).transpose(1, 2);
        var (keys, values) = cache.Append(layer, Split(k, config.KvHeads), Split(v, config.KvHeads));
        return Mix(Split(q, config.Heads), keys, values, blocked, layer, config).transpose(1, 2).reshape(-1, config.Heads * config.HeadDim);
    }

    /// <summary>softmax(scale · q kᵀ) v with the blocked places left out; key and value heads serve several query heads.</summary>
    private static Tensor Mix(Tensor q, Tensor k, Tensor v, Tensor blocked, int layer, DecoderConfig config)
    {
        var shared = config.Heads / config.KvHeads;
        if (shared > 1)
            (k, v) = (Shared(k, shared), Shared(v, shared));
        var scores = (q * config.ScaleOf(layer)).matmul(k.transpose(-2, -1)).masked_fill(blocked, double.NegativeInfinity);
        return scores.softmax(-1).matmul(v);
    }

    private static Tensor Shared(Tensor x, int times)
    {
        var (batch, heads, rows, size) = (x.size(0), x.size(1), x.size(2), x.size(3));
        return x.unsqueeze(2).expand(batch, heads, times, rows, size).reshape(batch, heads * times, rows, size);
    }
}
