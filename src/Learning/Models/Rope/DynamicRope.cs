using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Models.Rope;

/// <summary>
/// Dynamic NTK: up to the model's own positions nothing changes; beyond them the base grows with the length n of the longest sequence at hand,
/// θ · (factor · n / positions − (factor − 1))^(d / (d − 2)).
/// </summary>
/// <param name="Factor">From 1.</param>
/// <example>Factor 2, 2048 positions, a text of 4096: the base times 3^(d/(d−2)).</example>
public sealed record DynamicRope(double Factor) : RopeScaling
{
    public override double[] Frequencies(double theta, int size, int positions, int length)
    {
        var grown = (Factor * Math.Max(length, positions) / positions) - (Factor - 1);
        return Plain(theta * Math.Pow(grown, size / (size - 2.0)), size);
    }

    public override double Longest(int positions) => positions * Factor;

    internal override JsonObject ToJson() => new() { ["rope_type"] = "dynamic", ["factor"] = Factor };
}
