using System.Globalization;

namespace DataflowRlhf.Stages.Reporting;

/// <summary>Numbers laid along a line of pixels, with round ticks.</summary>
internal sealed class Axis
{
    private readonly double low, high, from, to;

    /// <param name="from">The pixel of the lowest number.</param>
    /// <param name="to">The pixel of the highest; may be smaller, as SVG's y grows downwards.</param>
    public Axis(IEnumerable<double> values, double from, double to, bool withZero = false)
    {
        var all = values.Where(double.IsFinite).Concat(withZero ? [0.0] : []).DefaultIfEmpty(0).ToList();
        (low, high, this.from, this.to) = (all.Min(), all.Max(), from, to);
        if (high - low < 1e-12)
            (low, high) = (low - 0.5, high + 0.5);
        Step = RoundStep((high - low) / 4);
        low = Math.Floor(low / Step) * Step;
        high = Math.Ceiling(high / Step) * Step;
    }

    public double Step { get; }

    public double At(double value) => from + ((value - low) / (high - low) * (to - from));

    public IEnumerable<double> Ticks()
    {
        for (var i = 0; low + (i * Step) <= high + (Step / 2); i++)
            yield return low + (i * Step);
    }

    public string Label(double tick) => Math.Round(tick, 10).ToString(Math.Abs(tick) >= 10_000 ? "0.#e0" : "0.######", CultureInfo.InvariantCulture);

    /// <summary>1, 2 or 5 times a power of ten, at least <paramref name="rough"/>.</summary>
    private static double RoundStep(double rough)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return new[] { 1, 2, 5, 10 }.Select(m => m * power).First(s => s >= rough * 0.999999);
    }
}
