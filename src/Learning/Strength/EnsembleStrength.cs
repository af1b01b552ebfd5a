namespace DataflowRlhf.Learning.Strength;

/// <summary>What an ensemble of reward models believes of labelled pairs (paper 2.2).</summary>
public static class EnsembleStrength
{
    /// <summary>Mean and population standard deviation over the voters of d = r(chosen) − r(rejected), and the share of voters with d &gt; 0; paper (4).</summary>
    /// <param name="chosen">One score a voter.</param>
    /// <param name="rejected">One score a voter, in the same order.</param>
    /// <exception cref="ArgumentException">The lists differ in length or are empty.</exception>
    public static (float Mean, float Std, float Agreement) Of(ReadOnlySpan<float> chosen, ReadOnlySpan<float> rejected)
    {
        if (chosen.Length == 0 || chosen.Length != rejected.Length)
            throw new ArgumentException($"{chosen.Length} chosen scores and {rejected.Length} rejected ones are no ensemble's.");
        double sum = 0, squares = 0;
        var agree = 0;
        for (var m = 0; m < chosen.Length; m++)
        {
            var d = (double)chosen[m] - rejected[m];
            sum += d;
            agree += d > 0 ? 1 : 0;
        }
        var mean = sum / chosen.Length;
        for (var m = 0; m < chosen.Length; m++)
        {
            var away = (double)chosen[m] - rejected[m] - mean;
            squares += away * away;
        }
        return ((float)mean, (float)Math.Sqrt(squares / chosen.Length), (float)agree / chosen.Length);
    }

    /// <summary>Share of the values that are smaller, for each; equal values share theirs.</summary>
    public static float[] Quantiles(ReadOnlySpan<float> means)
    {
        var sorted = means.ToArray();
        Array.Sort(sorted);
        var quantiles = new float[means.Length];
        for (var i = 0; i < means.Length; i++)
        {
            var below = Array.BinarySearch(sorted, means[i]);
            while (below > 0 && sorted[below - 1] == means[i])
                below--;
            quantiles[i] = (float)below / means.Length;
        }
        return quantiles;
    }
}
