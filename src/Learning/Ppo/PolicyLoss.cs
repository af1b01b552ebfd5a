using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Ppo;

/// <summary>PPO's clipped objective (Schulman et al. 2017), as a loss.</summary>
public static class PolicyLoss
{
    /// <summary>max(−A ρ, −A clamp(ρ, 1 − ε, 1 + ε)) of each token, ρ = exp(log π − log π_old). All (tokens).</summary>
    public static Tensor Of(Tensor logProbs, Tensor oldLogProbs, Tensor advantages, double clipRange)
    {
        var ratio = (logProbs - oldLogProbs).exp();
        return maximum(-advantages * ratio, -advantages * ratio.clamp((TorchSharp.Scalar)(1 - clipRange), (TorchSharp.Scalar)(1 + clipRange)));
    }
}
