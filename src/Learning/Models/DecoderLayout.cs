namespace DataflowRlhf.Learning.Models;

/// <summary>The weights a decoder of a config has: Hugging Face names, without the model's prefix, and shapes.</summary>
internal static class DecoderLayout
{
    /// <summary>What stands before the names in a folder: <c>model.</c> or <c>transformer.</c>.</summary>
    public static string Prefix(DecoderConfig config) => config.IsGpt2 ? "transformer." : "model.";

    public static IEnumerable<(string Name, long[] Shape)> Weights(DecoderConfig c) => c.IsGpt2 ? Gpt2(c) : LlamaLike(c);

    private static IEnumerable<(string, long[])> LlamaLike(DecoderConfig c)
    {
        var (q, kv) = ((long)c.Heads * c.HeadDim, (long)c.KvHeads * c.HeadDim);
        yield return ("embed_tokens.weight", [c.VocabSize, c.HiddenSize]);
        for (var i = 0; i < c.Layers; i++)
        {
            var at = $"layers.{i}.";
            yield return (at + "input_layernorm.weight", [c.HiddenSize]);
            foreach (var (name, width) in new[] { ("q", q), ("k", kv), ("v", kv) })
            {
                yield return ($"{at}self_attn.{name}_proj.weight", [width, c.HiddenSize]);
                if (c.HasQkvBias)
                    yield return ($"{at}self_attn.{name}_proj.bias", [width]);
            }
            if (c.HasQkNorm)
            {
                yield return (at + "self_attn.q_norm.weight", [c.HeadDim]);
                yield return (at + "self_attn.k_norm.weight", [c.HeadDim]);
            }
            yield return (at + "self_attn.o_proj.weight", [c.HiddenSize, q]);
            yield return (at + "post_attention_layernorm.weight", [c.HiddenSize]);
            yield return (at + "mlp.gate_proj.weight", [c.FfnSize, c.HiddenSize]);
            yield return (at + "mlp.up_proj.weight", [c.FfnSize, c.HiddenSize]);
            yield return (at + "mlp.down_proj.weight", [c.HiddenSize, c.FfnSize]);
        }
        yield return ("norm.weight", [c.HiddenSize]);
    }

    private static IEnumerable<(string, long[])> Gpt2(DecoderConfig c)
    {
        long h = c.HiddenSize;
        yield return ("wte.weight", [c.VocabSize, h]);
        yield return ("wpe.weight", [c.MaxPositions, h]);
        for (var i = 0; i < c.Layers; i++)
        {
            foreach (var (name, shape) in new (string, long[])[]
            {
                ("ln_1.weight", [h]), ("ln_1.bias", [h]), ("attn.c_attn.weight", [h, 3 * h]), ("attn.c_attn.bias", [3 * h]), ("attn.c_proj.weight", [h, h]), ("attn.c_proj.bias", [h]),
                ("ln_2.weight", [h]), ("ln_2.bias", [h]), ("mlp.c_fc.weight", [h, c.FfnSize]), ("mlp.c_fc.bias", [c.FfnSize]), ("mlp.c_proj.weight", [c.FfnSize, h]), ("mlp.c_proj.bias", [h]),
            })
                yield return ($"h.{i}.{name}", shape);
        }
        yield return ("ln_f.weight", [h]);
        yield return ("ln_f.bias", [h]);
    }
}
