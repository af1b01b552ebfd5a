using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Models.Rope;

/// <summary>How a model's rotary positions are stretched to texts longer than it was first trained on (transformers: <c>rope_scaling</c>, <c>rope_parameters</c>).</summary>
public abstract record RopeScaling
{
    internal const string Supported = "default, linear, dynamic, llama3 and yarn";

    /// <summary>The turns of a model without stretch: θ^(−2i/d) radians a token for i = 0 … d/2 − 1 (Su et al. 2021).</summary>
    /// <param name="theta">The base θ.</param>
    /// <param name="size">Values of a head that are turned, d; even.</param>
    public static double[] Plain(double theta, int size) => [.. Enumerable.Range(0, size / 2).Select(i => Math.Pow(theta, -2.0 * i / size))];

    /// <summary>The stretched turns, in radians a token, (size / 2).</summary>
    /// <param name="theta">The base θ.</param>
    /// <param name="size">Values of a head that are turned, even.</param>
    /// <param name="positions">The config's <c>max_position_embeddings</c>.</param>
    /// <param name="length">Tokens of the longest sequence at hand.</param>
    public abstract double[] Frequencies(double theta, int size, int positions, int length);

    /// <summary>What sines and cosines are multiplied by.</summary>
    public virtual double AttentionFactor => 1;

    /// <summary>Tokens of the longest sequence that the stretch is meant for.</summary>
    public abstract double Longest(int positions);

    internal abstract JsonObject ToJson();

    /// <summary>The stretch that a config asks for; null: none.</summary>
    /// <param name="fields">The object <c>rope_parameters</c> or <c>rope_scaling</c>; null: there is none.</param>
    internal static RopeScaling? Read(ConfigFields? fields) => (fields?.Text("rope_type") ?? fields?.Text("type") ?? "default") switch
    {
        "default" => null,
        "linear" => new LinearRope(fields!.AtLeast("factor", 1)),
        "dynamic" => new DynamicRope(fields!.AtLeast("factor", 1)),
        "llama3" => Llama3Rope.From(fields!),
        "yarn" => YarnRope.From(fields!),
        var other => throw fields!.Wrong($"rope scaling '{other}' is not supported; {Supported} are"),
    };
}
