using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Golden;

/// <summary>One case of a golden file: its inputs as tensors, and the numbers that ours are held to.</summary>
internal sealed class GoldenCase(JsonElement json)
{
    /// <summary>Relative, where the product computes in float64.</summary>
    public const double Exact = 1e-6;

    /// <summary>Relative, where the product computes in float32.</summary>
    public const double Single = 1e-4;

    public int Held { get; private set; }

    /// <summary>The largest relative error so far.</summary>
    public double Worst { get; private set; }

    /// <summary>A part of the case; <paramref name="path"/> as in <c>theta/W1</c> or <c>steps/0/grad</c>.</summary>
    public JsonElement At(string path)
    {
        var at = json;
        foreach (var name in path.Split('/'))
            at = at.ValueKind == JsonValueKind.Array ? at[int.Parse(name)] : at.GetProperty(name);
        return at;
    }

    public bool Has(string name) => json.TryGetProperty(name, out _);

    public double Number(string path) => Number(At(path));

    public int Whole(string path) => At(path).GetInt32();

    public string Text(string path) => At(path).GetString()!;

    /// <summary>All numbers under a path, flat; true is 1.</summary>
    public double[] Numbers(string path) => [.. Flat(At(path))];

    public float[] Floats(string path) => [.. Numbers(path).Select(v => (float)v)];

    /// <summary>Nested lists as a float64 tensor of their shape.</summary>
    public Tensor Of(string path)
    {
        var shape = new List<long>();
        for (var at = At(path); at.ValueKind == JsonValueKind.Array; at = at[0])
            shape.Add(at.GetArrayLength());
        return tensor(Numbers(path)).reshape([.. shape]);
    }

    /// <summary>As <see cref="Of"/>, collecting a gradient.</summary>
    public Tensor Leaf(string path) => Of(path).requires_grad_(true);

    public Tensor Ids(string path) => Of(path).to(ScalarType.Int64);

    /// <summary>True where the mask is 1.</summary>
    public bool[] Mask(string path = "mask") => [.. Numbers(path).Select(v => v != 0)];

    /// <summary>Numbers under a path at the places of the mask.</summary>
    public double[] Masked(string path) => [.. Numbers(path).Zip(Mask(), (v, on) => (v, on)).Where(p => p.on).Select(p => p.v)];

    /// <summary>Tokens of each row of the mask.</summary>
    public int[] Lengths() => [.. At("mask").EnumerateArray().Select(row => row.EnumerateArray().Count(v => v.GetInt32() == 1))];

    public void Hold(string path, Tensor ours, double tolerance = Exact)
    {
        using var off = no_grad();
        Hold(path, ours.detach().to(ScalarType.Float64).contiguous().reshape(-1).data<double>().ToArray(), Numbers(path), tolerance);
    }

    public void Hold(string path, double ours, double tolerance = Exact) => Hold(path, [ours], Numbers(path), tolerance);

    public void Hold(string path, IEnumerable<double> ours, double tolerance = Exact) => Hold(path, [.. ours], Numbers(path), tolerance);

    /// <summary>Holds the gradients of leaves made of <paramref name="names"/> to the golden <c>d_name</c>.</summary>
    public void HoldGradients(params (string Name, Tensor Leaf)[] leaves)
    {
        foreach (var (name, leaf) in leaves)
            Hold("d_" + name, leaf.grad!);
    }

    /// <summary>Holds numbers to numbers: |a − b| at most the tolerance times |b|, or times 10⁻⁶ (float64) or 10⁻² (float32) where b is smaller.</summary>
    public void Hold(string what, double[] ours, double[] theirs, double tolerance)
    {
        ours.Should().HaveSameCount(theirs, what);
        for (var i = 0; i < ours.Length; i++)
        {
            var error = Math.Abs(ours[i] - theirs[i]) / Math.Max(Math.Abs(theirs[i]), tolerance == Single ? 1e-2 : 1e-6);
            (error <= tolerance).Should().BeTrue("{0}[{1}] is {2}, golden {3}", what, i, ours[i], theirs[i]);
            Worst = Math.Max(Worst, error);
            Held++;
        }
    }

    private static IEnumerable<double> Flat(JsonElement at) => at.ValueKind == JsonValueKind.Array ? at.EnumerateArray().SelectMany(Flat) : [Number(at)];

    private static double Number(JsonElement at) => at.ValueKind switch
    {
        JsonValueKind.Number => at.GetDouble(),
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        _ => at.GetString() switch
        {
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            "NaN" => double.NaN,
            var other => throw new FormatException($"'{other}' is no number."),
        },
    };
}
