namespace DataflowRlhf.Graph;

/// <summary>A curve that an artifact recorded, in short.</summary>
/// <param name="Shape">At most 40 values along its way, each the mean of those between.</param>
public sealed record Curve(string Name, int Points, long FirstStep, long LastStep, double First, double Last, double Least, double Most, IReadOnlyList<double> Shape)
{
    private const int Widest = 40;

    /// <summary>Every curve of an artifact, in the order of their first points.</summary>
    public static IReadOnlyList<Curve> Of(IEnumerable<MetricPoint> points) =>
        [.. points.GroupBy(p => p.Name).Select(g => Of(g.Key, [.. g.OrderBy(p => p.Step)]))];

    private static Curve Of(string name, List<MetricPoint> points)
    {
        var finite = points.Where(p => double.IsFinite(p.Value)).Select(p => p.Value).DefaultIfEmpty(double.NaN).ToList();
        var width = Math.Min(Widest, points.Count);
        var shape = Enumerable.Range(0, width).Select(i => points[(i * points.Count / width)..((i + 1) * points.Count / width)].Average(p => p.Value));
        return new Curve(name, points.Count, points[0].Step, points[^1].Step, points[0].Value, points[^1].Value, finite.Min(), finite.Max(), [.. shape]);
    }
}
