using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>One optimizer step: its examples, cut into passes, its chance and its tally.</summary>
public sealed class TrainingStep(long number, IReadOnlyList<int> examples, IReadOnlyList<int[]> passes, ulong seed)
{
    private readonly List<(string Name, Tensor Sum, double Weight)> tally = [];

    /// <summary>From 1.</summary>
    public long Number { get; } = number;

    /// <summary>All examples of the step.</summary>
    public IReadOnlyList<int> Examples { get; } = examples;

    /// <summary>The same, cut to the token budget.</summary>
    public IReadOnlyList<int[]> Passes { get; } = passes;

    /// <summary>Seeds torch for one forward: calling it again before the same forward gives the same dropout masks.</summary>
    public void Seed(int pass, int view = 0) => Chance.SeedTorch(seed, Number, pass, view);

    /// <summary>Adds to a curve's point: the point is the sum of <paramref name="sum"/> over the sum of <paramref name="weight"/>. Read only at the step's end.</summary>
    /// <param name="sum">A scalar tensor.</param>
    public void Add(string name, Tensor sum, double weight) =>
        tally.Add((name, sum.detach().to(ScalarType.Float64).DetachFromDisposeScope(), weight));

    /// <summary>The points of this step, in the order first added. One wait for the device in all.</summary>
    public List<(string Name, double Value)> Read()
    {
        if (tally.Count == 0)
            return [];
        using var scope = NewDisposeScope();
        var sums = stack(tally.Select(t => t.Sum).ToArray()).cpu().data<double>().ToArray();
        foreach (var (_, sum, _) in tally)
            sum.Dispose();
        var points = tally.Select((t, i) => (t.Name, Sum: sums[i], t.Weight)).GroupBy(t => t.Name)
            .Select(g => (g.Key, g.Sum(t => t.Sum) / g.Sum(t => t.Weight))).ToList();
        tally.Clear();
        return points;
    }
}
