namespace DataflowRlhf.Runner.Views;

/// <summary>A curve as one line of blocks.</summary>
internal static class Sparkline
{
    private const string Blocks = "▁▂▃▄▅▆▇█";

    /// <param name="values">What is no number is a gap.</param>
    public static string Of(IReadOnlyList<double> values)
    {
        var finite = values.Where(double.IsFinite).ToList();
        if (finite.Count == 0)
            return "";
        var (least, most) = (finite.Min(), finite.Max());
        return string.Concat(values.Select(v => !double.IsFinite(v) ? ' ' : most == least ? Blocks[3] : Blocks[(int)Math.Round((v - least) / (most - least) * (Blocks.Length - 1))]));
    }
}
