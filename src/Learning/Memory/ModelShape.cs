using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Models.Lora;

namespace DataflowRlhf.Learning.Memory;

/// <summary>A model and how it is trained, as far as memory asks.</summary>
public sealed record ModelShape
{
    private const int Wide = 4;

    public required DecoderConfig Config { get; init; }

    /// <summary>Weights, gradients and activations are bfloat16, with float32 master weights.</summary>
    public bool Bfloat16 { get; init; }

    /// <summary>Adapters beside frozen weights; null: every weight is trained.</summary>
    public LoraSettings? Lora { get; init; }

    /// <summary>Layers keep only what they were given.</summary>
    public bool Recomputes { get; init; }

    /// <summary>Values are dropped while training.</summary>
    public bool Drops { get; init; }

    /// <summary>Bytes of a value.</summary>
    internal int Size => Bfloat16 ? 2 : Wide;

    /// <summary>Values of the decoder's weights.</summary>
    internal long DecoderValues => DecoderLayout.Weights(Config).Sum(w => Values(w.Shape));

    /// <summary>Values of a language model's output weight; 0 where it is the embeddings.</summary>
    internal long OutputValues => Config.TieEmbeddings ? 0 : Embedding;

    internal long Embedding => (long)Config.VocabSize * Config.HiddenSize;

    /// <summary>Values of all adapters.</summary>
    internal long AdapterValues => Adapters.Sum(s => Lora!.Rank * (s.In + s.Out));

    /// <summary>The largest decoder weight that is trained.</summary>
    internal long LargestTrained => Lora is null
        ? DecoderLayout.Weights(Config).Max(w => Values(w.Shape))
        : Adapters.Select(s => Lora.Rank * Math.Max(s.In, s.Out)).DefaultIfEmpty().Max(); // a target that is none is told by the model

    private IEnumerable<(long In, long Out)> Adapters
    {
        get
        {
            var targets = Lora!.Targets.Count > 0 ? Lora.Targets : Config.Family.UsualTargets;
            return DecoderLayout.Weights(Config).Where(w => w.Shape.Length == 2 && targets.Any(t => w.Name.EndsWith($".{t}.weight", StringComparison.Ordinal)))
                .Select(w => (w.Shape[0], w.Shape[1]));
        }
    }

    /// <summary>Bytes of weights and of what AdamW keeps with those trained: gradient, two float32 moments and, under bfloat16, a float32 copy.</summary>
    internal TrainedBytes Trained(long frozen, long trained) =>
        new((frozen + trained) * Size, trained * Size, trained * 2 * Wide, Bfloat16 ? trained * Wide : 0);

    private static long Values(long[] shape) => shape.Aggregate(1L, (a, b) => a * b);

    internal readonly record struct TrainedBytes(long Weights, long Gradients, long Moments, long Masters)
    {
        public static TrainedBytes operator +(TrainedBytes a, TrainedBytes b) => new(a.Weights + b.Weights, a.Gradients + b.Gradients, a.Moments + b.Moments, a.Masters + b.Masters);
    }
}
