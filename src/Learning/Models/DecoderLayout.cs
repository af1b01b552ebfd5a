namespace DataflowRlhf.Learning.Models;

/// <summary>The weights a decoder of a config has: Hugging Face names, without the model's prefix, and shapes.</summary>
internal static class DecoderLayout
{
    public static IEnumerable<(string Name, long[] Shape)> Weights(DecoderConfig c)
    {
        var names = c.Family.Names;
        yield return (names.Embeddings + ".weight", [c.VocabSize, c.HiddenSize]);
        if (names.Positions is not null)
            yield return (names.Positions + ".weight", [c.MaxPositions, c.HiddenSize]);
        for (var i = 0; i < c.Layers; i++)
            foreach (var (name, shape) in Layer(c))
                yield return (names.At(i) + name, shape);
        foreach (var part in Norm(c, names.FinalNorm))
            yield return part;
    }

    private static IEnumerable<(string, long[])> Layer(DecoderConfig c)
    {
        var names = c.Family.Names;
        var (q, kv) = ((long)c.Heads * c.HeadDim, (long)c.KvHeads * c.HeadDim);
        long[] widths = names.QueryKeyValue.Length == 1 ? [q + kv + kv] : [q, kv, kv];
        return
        [
            .. Norm(c, names.AttentionNorm),
            .. names.QueryKeyValue.Zip(widths).SelectMany(p => Projection(c, p.First, c.HiddenSize, p.Second, c.QkvBias)),
            .. names.HeadNorms is var (query, key) ? new (string, long[])[] { (query + ".weight", [c.HeadDim]), (key + ".weight", [c.HeadDim]) } : [],
            .. Projection(c, names.Out, q, c.HiddenSize, c.OutBias),
            .. Norm(c, names.MlpNorm),
            .. names.Gate is null ? [] : Projection(c, names.Gate, c.HiddenSize, c.FfnSize, c.BiasedMlp),
            .. Projection(c, names.Up, c.HiddenSize, c.FfnSize, c.BiasedMlp),
            .. Projection(c, names.Down, c.FfnSize, c.HiddenSize, c.BiasedMlp),
        ];
    }

    private static (string, long[])[] Projection(DecoderConfig c, string name, long from, long to, bool biased)
    {
        (string, long[]) weight = (name + ".weight", c.Family.Transposed ? [from, to] : [to, from]);
        return biased ? [weight, (name + ".bias", [to])] : [weight];
    }

    private static (string, long[])[] Norm(DecoderConfig c, string name)
    {
        (string, long[]) weight = (name + ".weight", [c.HiddenSize]);
        return c.Family.LayerNorm ? [weight, (name + ".bias", [c.HiddenSize])] : [weight];
    }
}
