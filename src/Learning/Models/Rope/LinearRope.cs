using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Models.Rope;

/// <summary>Every turn slowed alike (position interpolation, Chen et al. 2023): position p is read as p / factor.</summary>
/// <param name="Factor">By how much, from 1.</param>
public sealed record LinearRope(double Factor) : RopeScaling
{
    public override double[] Frequencies(double theta, int size, int positions, int length) => [.. Plain(theta, size).Select(f => f / Factor)];

    public override double Longest(int positions) => positions * Factor;

    internal override JsonObject ToJson() => new() { ["rope_type"] = "linear", ["factor"] = Factor };
}
