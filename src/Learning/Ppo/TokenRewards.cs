namespace DataflowRlhf.Learning.Ppo;

/// <summary>The reward of every token of a response: r_total = r(x, y) − η KL(π_RL ‖ π_SFT), paper 2.1 (3).</summary>
public static class TokenRewards
{
    /// <summary>−η (log π − log π_ref) of each token, and the score on the last one.</summary>
    /// <param name="score">r(x, y), after any normalising and clipping.</param>
    /// <param name="logProbs">log π of each token.</param>
    /// <param name="reference">log π_ref of each token, aligned.</param>
    /// <param name="coefficient">η, at least 0.</param>
    /// <exception cref="ArgumentException">The lists differ in length or are empty.</exception>
    public static float[] Of(double score, ReadOnlySpan<float> logProbs, ReadOnlySpan<float> reference, double coefficient)
    {
        if (logProbs.Length == 0 || logProbs.Length != reference.Length)
            throw new ArgumentException($"{logProbs.Length} log-probabilities and {reference.Length} of the reference are no response's.");
        var rewards = new float[logProbs.Length];
        for (var i = 0; i < rewards.Length; i++)
            rewards[i] = (float)((i == rewards.Length - 1 ? score : 0) - (coefficient * (logProbs[i] - (double)reference[i])));
        return rewards;
    }
}
