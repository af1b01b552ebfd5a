using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>Rotary positions (Su et al. 2021) in the half-split form of Llama: computed once a batch, used in every layer.</summary>
internal sealed class Rotary
{
    private readonly Tensor cos, sin;

    private Rotary(Tensor cos, Tensor sin) => (this.cos, this.sin) = (cos, sin);

    /// <param name="positions">(tokens) int64.</param>
    public static Rotary Of(Tensor positions, DecoderConfig config, ScalarType type)
    {
        using var off = no_grad();
        var half = config.HeadDim / 2;
        var plain = Enumerable.Range(0, half).Select(i => Math.Pow(config.RopeTheta, -2.0 * i / config.HeadDim));
        var frequencies = tensor([.. plain.Select(f => (float)(config.RopeScaling?.Of(f) ?? f))], device: positions.device);
        var angles = positions.to(ScalarType.Float32).unsqueeze(1) * frequencies.unsqueeze(0);
        var both = cat([angles, angles], 1).unsqueeze(1);
        return new(both.cos().to(type), both.sin().to(type));
    }

    /// <summary>x cos + rotate_half(x) sin; x is (tokens, heads, head size).</summary>
    public Tensor Turn(Tensor x)
    {
        var half = x.size(-1) / 2;
        var turned = cat([x.narrow(-1, half, half).neg(), x.narrow(-1, 0, half)], -1);
        return (x * cos) + (turned * sin);
    }
}
