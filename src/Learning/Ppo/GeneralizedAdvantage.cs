namespace DataflowRlhf.Learning.Ppo;

/// <summary>Generalised advantage estimation (Schulman et al. 2016) over responses of different lengths.</summary>
public static class GeneralizedAdvantage
{
    /// <summary>δ_t = r_t + γ V_{t+1} − V_t, A_t = δ_t + γλ A_{t+1}, return = A + V; both end with the response.</summary>
    /// <param name="rewards">Of every token, response after response.</param>
    /// <param name="values">V of the state before each token, aligned.</param>
    /// <param name="lengths">Tokens of each response; their sum is the length of the others.</param>
    public static (float[] Advantages, float[] Returns) Of(ReadOnlySpan<float> rewards, ReadOnlySpan<float> values, IReadOnlyList<int> lengths, double gamma, double lambda)
    {
        if (rewards.Length != values.Length || lengths.Sum() != rewards.Length)
            throw new ArgumentException($"{rewards.Length} rewards, {values.Length} values and responses of {lengths.Sum()} tokens do not belong together.");
        var (advantages, returns) = (new float[rewards.Length], new float[rewards.Length]);
        var start = 0;
        foreach (var length in lengths)
        {
            double advantage = 0, next = 0;
            for (var t = start + length - 1; t >= start; t--)
            {
                advantage = rewards[t] + (gamma * next) - values[t] + (gamma * lambda * advantage);
                next = values[t];
                advantages[t] = (float)advantage;
                returns[t] = (float)(advantage + values[t]);
            }
            start += length;
        }
        return (advantages, returns);
    }
}
