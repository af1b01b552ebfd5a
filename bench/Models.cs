using DataflowRlhf.Learning.Models;

namespace DataflowRlhf.Bench;

/// <summary>The sizes that are measured: <c>small</c> as the peers' scripts have it, and the quickstart's.</summary>
internal static class Models
{
    public static DecoderConfig Small(int vocabulary) => Llama(vocabulary, 256, 4, 8, 4, 688);

    public static DecoderConfig Quickstart(int vocabulary) => Llama(vocabulary, 96, 2, 4, 4, 256);

    private static DecoderConfig Llama(int vocabulary, int hidden, int layers, int heads, int kvHeads, int ffn) => new()
    {
        ModelType = "llama", VocabSize = vocabulary, HiddenSize = hidden, Layers = layers, Heads = heads, KvHeads = kvHeads, HeadDim = hidden / heads, FfnSize = ffn, MaxPositions = 1024,
    };
}
