using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>The curves of a run: every point goes to the listener, and into the checkpoint, so that a resumed run shows the whole curve.</summary>
/// <param name="listener">Told each point: name, step from 1, value.</param>
public sealed class TrainingCurves(Action<string, long, double>? listener = null)
{
    internal const string Prefix = "curve.";
    private readonly Dictionary<string, List<(long Step, double Value)>> curves = [];
    private readonly Dictionary<string, List<double>> places = [];
    private readonly List<string> names = [];
    private long count;

    public IReadOnlyList<string> Names => names;

    public void Add(string name, long step, double value)
    {
        if (!curves.TryGetValue(name, out var points))
        {
            curves[name] = points = [];
            places[name] = [];
            names.Add(name);
        }
        points.Add((step, value));
        places[name].Add(count++);
        listener?.Invoke(name, step, value);
    }

    /// <summary>The points of a curve in their order; none where the name is unknown.</summary>
    public IReadOnlyList<(long Step, double Value)> this[string name] => curves.TryGetValue(name, out var points) ? points : [];

    /// <summary>The mean over the last tenth of a curve (at least one point): what a noisy curve came to. Null where it has no point.</summary>
    public double? Final(string name)
    {
        var points = this[name];
        return points.Count == 0 ? null : points.Skip(points.Count - Math.Max(1, points.Count / 10)).Average(p => p.Value);
    }

    /// <summary>The curves as tensors of (points, 3): step, value, place among all points; for a checkpoint. The caller disposes of them.</summary>
    internal IEnumerable<(string Name, Tensor Value)> State() =>
        names.Select(n => (Prefix + n, tensor(curves[n].Zip(places[n], (p, place) => new[] { p.Step, p.Value, place }).SelectMany(p => p).ToArray()).reshape(-1, 3)));

    /// <summary>Puts back what <see cref="State"/> gave, and tells the listener every point again in its order.</summary>
    internal void Restore(TrainingCheckpoint.Saved saved)
    {
        var points = new List<(double Place, string Name, long Step, double Value)>();
        foreach (var name in saved.Names.Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var kept = saved.Tensor(name);
            points.AddRange(kept.data<double>().ToArray().Chunk(3).Select(p => (p[2], name[Prefix.Length..], (long)p[0], p[1])));
        }
        foreach (var (_, name, step, value) in points.OrderBy(p => p.Place))
            Add(name, step, value);
    }
}
