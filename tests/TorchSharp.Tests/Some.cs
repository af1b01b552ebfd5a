using System.Text.Json;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

/// <summary>Tensors to try things on, their values to compare, and golden data.</summary>
internal static class Some
{
    /// <summary>0, 1, 2, … as Float64 in a shape.</summary>
    public static Tensor Counting(params long[] shape) => arange(shape.Aggregate(1L, (all, one) => all * one)).to(float64).reshape(shape);

    public static double[] Values(this Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().cpu().to(float64).data<double>().ToArray();
    }

    public static JsonElement Golden(string file) => JsonDocument.Parse(File.ReadAllText(Fixtures.Path("losses", file))).RootElement;

    public static IEnumerable<JsonElement> Cases(string file) => Golden(file).GetProperty("cases").EnumerateArray();

    /// <summary>Nested lists as a Float64 tensor.</summary>
    public static Tensor Tensor(JsonElement nested)
    {
        if (nested.ValueKind == JsonValueKind.Number)
            return tensor(nested.GetDouble());
        return stack(nested.EnumerateArray().Select(Tensor).ToArray());
    }

    public static double[] Numbers(JsonElement nested) => nested.ValueKind == JsonValueKind.Number ? [nested.GetDouble()] : [.. nested.EnumerateArray().SelectMany(Numbers)];
}
