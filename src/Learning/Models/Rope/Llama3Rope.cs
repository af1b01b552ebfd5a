using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Models.Rope;

/// <summary>Llama 3.1's stretch: slow turns are slowed further, fast ones are left, those between are blended.</summary>
/// <param name="Factor">By how much slow turns are slowed, from 1.</param>
/// <param name="LowFactor">A turn longer than <paramref name="OriginalPositions"/> over this is slow.</param>
/// <param name="HighFactor">A turn shorter than <paramref name="OriginalPositions"/> over this is fast; above <paramref name="LowFactor"/>.</param>
/// <param name="OriginalPositions">Positions that the model was first trained on.</param>
/// <example>Factor 8, low 1, high 4 of 8192: a turn of 100 tokens stays, one of 100 000 becomes 800 000.</example>
public sealed record Llama3Rope(double Factor, double LowFactor, double HighFactor, int OriginalPositions) : RopeScaling
{
    public override double[] Frequencies(double theta, int size, int positions, int length) => [.. Plain(theta, size).Select(Of)];

    public override double Longest(int positions) => positions;

    /// <summary>The new frequency of an old one, in radians a token; a turn is 2π over it.</summary>
    public double Of(double frequency)
    {
        var turn = 2 * Math.PI / frequency;
        if (turn < OriginalPositions / HighFactor)
            return frequency;
        if (turn > OriginalPositions / LowFactor)
            return frequency / Factor;
        var fast = ((OriginalPositions / turn) - LowFactor) / (HighFactor - LowFactor);
        return ((1 - fast) * frequency / Factor) + (fast * frequency);
    }

    internal static Llama3Rope From(ConfigFields fields)
    {
        var (low, high) = (fields.Above0("low_freq_factor"), fields.Above0("high_freq_factor"));
        if (high <= low)
            throw fields.Wrong($"rope scaling llama3 needs a high_freq_factor above its low_freq_factor; they are {high} and {low}");
        return new(fields.AtLeast("factor", 1), low, high, fields.Need("original_max_position_embeddings", ConfigFields.MostPositions));
    }

    internal override JsonObject ToJson() => new()
    {
        ["rope_type"] = "llama3",
        ["factor"] = Factor,
        ["low_freq_factor"] = LowFactor,
        ["high_freq_factor"] = HighFactor,
        ["original_max_position_embeddings"] = OriginalPositions,
    };
}
