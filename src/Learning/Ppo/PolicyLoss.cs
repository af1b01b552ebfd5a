using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Ppo;

/// <summary>PPO's clipped objective (Schulman et al. 2017), as a loss.</summary>
public static class PolicyLoss
{
    /// <summary>max(−A ρ, −A clamp(ρ, 1 − ε, 1 + ε)) of each token, ρ = exp(log π − log π_old). All (tokens).</summary>
    /// <param name="clipRange">ε, the same up and down.</param>
    public static Tensor Of(Tensor logProbs, Tensor oldLogProbs, Tensor advantages, double clipRange) => Of(logProbs, oldLogProbs, advantages, clipRange, clipRange);

    /// <summary>As above with a range of its own for either side, 1 − ε_low to 1 + ε_high (Yu et al. 2025 clip higher).</summary>
    public static Tensor Of(Tensor logProbs, Tensor oldLogProbs, Tensor advantages, double clipLow, double clipHigh)
    {
        var (free, near) = Terms(logProbs, oldLogProbs, advantages, clipLow, clipHigh);
        return maximum(free, near);
    }

    /// <summary>True where the clipped term is the larger one, so that the token pulls no more; its mean is the clip fraction. (tokens), without gradient.</summary>
    public static Tensor Clipped(Tensor logProbs, Tensor oldLogProbs, Tensor advantages, double clipLow, double clipHigh)
    {
        using var off = no_grad();
        var (free, near) = Terms(logProbs, oldLogProbs, advantages, clipLow, clipHigh);
        return near.gt(free);
    }

    private static (Tensor Free, Tensor Near) Terms(Tensor logProbs, Tensor oldLogProbs, Tensor advantages, double clipLow, double clipHigh)
    {
        var ratio = (logProbs - oldLogProbs).exp();
        return (-advantages * ratio, -advantages * ratio.clamp((TorchSharp.Scalar)(1 - clipLow), (TorchSharp.Scalar)(1 + clipHigh)));
    }
}
