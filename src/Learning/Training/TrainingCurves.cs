using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>The curves of a run: every point goes to the listener, and into the checkpoint, so that a resumed run shows the whole curve.</summary>
/// <param name="listener">Told each point: name, step from 1, value.</param>
public sealed class TrainingCurves(Action<string, long, double>? listener = null)
{
    private const string Prefix = "curve.";
    private readonly Dictionary<string, List<(long Step, double Value)>> curves = [];
    private readonly List<string> names = [];

    public IReadOnlyList<string> Names => names;

    public void Add(string name, long step, double value)
    {
        if (!curves.TryGetValue(name, out var points))
        {
            curves[name] = points = [];
            names.Add(name);
        }
        points.Add((step, value));
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

    /// <summary>The curves as tensors of (points, 2), for a checkpoint. The caller disposes of them.</summary>
    internal IEnumerable<(string Name, Tensor Value)> State() =>
        names.Select(n => (Prefix + n, tensor(curves[n].SelectMany(p => new[] { p.Step, p.Value }).ToArray()).reshape(-1, 2)));

    /// <summary>Puts back what <see cref="State"/> gave, and tells the listener every point again.</summary>
    internal void Restore(IEnumerable<string> names, Func<string, Tensor> find)
    {
        foreach (var name in names.Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var saved = find(name);
            var cells = saved.data<double>().ToArray();
            for (var i = 0; i < cells.Length; i += 2)
                Add(name[Prefix.Length..], (long)cells[i], cells[i + 1]);
        }
    }
}
