namespace DataflowRlhf.Learning.Models;

/// <summary>Llama 3.1's stretch of rotary positions to longer texts: slow turns are slowed further, fast ones are left, those between are blended.</summary>
/// <param name="Factor">By how much slow turns are slowed, above 0.</param>
/// <param name="LowFactor">A turn longer than <paramref name="OriginalPositions"/> over this is slow.</param>
/// <param name="HighFactor">A turn shorter than <paramref name="OriginalPositions"/> over this is fast; above <paramref name="LowFactor"/>.</param>
/// <param name="OriginalPositions">Positions that the model was first trained on.</param>
/// <example>Factor 8, low 1, high 4 of 8192: a turn of 100 tokens stays, one of 100 000 becomes 800 000.</example>
public sealed record RopeScaling(double Factor, double LowFactor, double HighFactor, int OriginalPositions)
{
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
}
