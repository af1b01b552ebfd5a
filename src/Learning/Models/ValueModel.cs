using DataflowRlhf.Learning.Packing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>A decoder with a scalar head on every token: V of the state up to it, PPO's critic.</summary>
public sealed class ValueModel : nn.Module
{
    private readonly Parameter head;

    private ValueModel(Decoder decoder, Tensor head)
        : base(nameof(ValueModel))
    {
        Decoder = decoder;
        register_module("decoder", decoder);
        this.head = new Parameter(head);
        register_parameter("value", this.head);
    }

    public Decoder Decoder { get; }

    /// <summary>(tokens).</summary>
    public Tensor Values(PackedBatch batch) => nn.functional.linear(Decoder.Hidden(batch), head).squeeze(1);

    /// <summary>A value model with weights of its own, started from a reward model's.</summary>
    public static ValueModel FromReward(RewardModel reward)
    {
        using var off = no_grad();
        var source = reward.Decoder.Named.ToDictionary(n => n.Name, n => n.Value);
        return new(new Decoder(reward.Decoder.Config, (name, _) => source[name].clone()), reward.Head.clone());
    }

    /// <summary>A value model over a reward model's own decoder, whose adapters and its own head are all that it trains.</summary>
    public static ValueModel Beside(RewardModel reward)
    {
        using var off = no_grad();
        return new(reward.Decoder, reward.Head.clone());
    }
}
