using DataflowRlhf.Learning.Packing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>A decoder with a scalar head without bias on the last real token of a sequence (METHOD: <c>score</c>), as transformers' sequence classification with one label.</summary>
public sealed class RewardModel : nn.Module
{
    internal RewardModel(Decoder decoder, Tensor score)
        : base(nameof(RewardModel))
    {
        Decoder = decoder;
        register_module("decoder", decoder);
        Head = new Parameter(score);
        register_parameter("score", Head);
    }

    public Decoder Decoder { get; }

    /// <summary>(1, hidden).</summary>
    internal Parameter Head { get; }

    /// <summary>(sequences, hidden): the hidden state of each sequence's last token.</summary>
    public Tensor Features(PackedBatch batch) => Decoder.Hidden(batch).index_select(0, batch.LastIndex);

    /// <summary>(sequences) from (sequences, hidden).</summary>
    public Tensor Score(Tensor features) => nn.functional.linear(features, Head).squeeze(1);

    /// <summary>r(x, y) of each sequence, (sequences).</summary>
    public Tensor Rewards(PackedBatch batch) => Score(Features(batch));
}
