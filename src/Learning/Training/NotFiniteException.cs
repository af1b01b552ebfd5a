using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>A tensor of a training's state holds NaN or an infinity.</summary>
/// <param name="name">The tensor's name.</param>
public sealed class NotFiniteException(string name) : Exception($"'{name}' holds a value that is not finite.")
{
    public string Name { get; } = name;

    /// <summary>Reads every tensor once and waits for the device once.</summary>
    /// <exception cref="NotFiniteException">One of them is not finite.</exception>
    internal static void Check(IEnumerable<(string Name, Tensor Value)> state)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var real = state.Where(s => s.Value.is_floating_point() && s.Value.numel() > 0).ToList();
        if (real.Count == 0)
            return;
        // A sum takes NaN and infinities with it, and no weight is so large that finite ones overflow.
        var sums = stack(real.Select(s => s.Value.detach().sum().to(ScalarType.Float64).cpu()).ToArray()).data<double>().ToArray();
        var bad = Array.FindIndex(sums, s => !double.IsFinite(s));
        if (bad >= 0)
            throw new NotFiniteException(real[bad].Name);
    }
}
