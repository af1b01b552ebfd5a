using static TorchSharp.torch;

namespace DataflowRlhf.Learning.MetaRm;

/// <summary>How far a reward model tells the responses of one prompt apart, paper (11).</summary>
public static class DifferenceLoss
{
    /// <summary>J = 2/k² Σ_{i&lt;j} σ(|r_i − r_j|), mean over the prompts; a scalar in [(k−1)/(2k), (k−1)/k). Equal responses give no gradient.</summary>
    /// <param name="rewards">(prompts, k), k ≥ 2.</param>
    /// <exception cref="ArgumentException">k is 1.</exception>
    public static Tensor J(Tensor rewards)
    {
        var k = rewards.size(-1);
        if (k < 2)
            throw new ArgumentException("The difference loss compares responses of a prompt; it needs at least 2.", nameof(rewards));
        var pairs = (rewards.unsqueeze(-1) - rewards.unsqueeze(-2)).abs().sigmoid();
        return (pairs.triu(1).sum([-2L, -1L]) * (2.0 / (k * k))).mean();
    }
}
