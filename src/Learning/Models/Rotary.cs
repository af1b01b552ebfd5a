using DataflowRlhf.Learning.Models.Rope;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>Rotary positions (Su et al. 2021) in the half-split form of Llama, on the first values of each head: computed once a batch, used in every layer.</summary>
internal sealed class Rotary
{
    private readonly Tensor cos, sin;
    private readonly int size;

    private Rotary(Tensor cos, Tensor sin, int size) => (this.cos, this.sin, this.size) = (cos, sin, size);

    /// <param name="positions">(tokens) int64.</param>
    /// <param name="length">Tokens of the longest sequence.</param>
    public static Rotary Of(Tensor positions, int length, DecoderConfig config, ScalarType type)
    {
        using var off = no_grad();
        var turns = config.RopeScaling?.Frequencies(config.RopeTheta, config.RotaryDim, config.MaxPositions, length) ?? RopeScaling.Plain(config.RopeTheta, config.RotaryDim);
        var frequencies = tensor([.. turns.Select(f => (float)f)], device: positions.device);
        var angles = positions.to(ScalarType.Float32).unsqueeze(1) * frequencies.unsqueeze(0);
        var both = cat([angles, angles], 1).unsqueeze(1);
        var (cos, sin) = (both.cos(), both.sin());
        if (config.RopeScaling?.AttentionFactor is { } factor and not 1)
            (cos, sin) = (cos * factor, sin * factor);
        return new(cos.to(type), sin.to(type), config.RotaryDim);
    }

    /// <summary>x cos + rotate_half(x) sin of the turned values, the others as they are; x is (tokens, heads, head size).</summary>
    public Tensor Turn(Tensor x)
    {
        var rest = x.size(-1) - size;
        var part = rest == 0 ? x : x.narrow(-1, 0, size);
        var half = size / 2;
        var turned = cat([part.narrow(-1, half, half).neg(), part.narrow(-1, 0, half)], -1);
        var mixed = (part * cos) + (turned * sin);
        return rest == 0 ? mixed : cat([mixed, x.narrow(-1, size, rest)], -1);
    }
}
