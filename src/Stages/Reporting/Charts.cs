using System.Globalization;

namespace DataflowRlhf.Stages.Reporting;

/// <summary>A named curve.</summary>
internal sealed record Series(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>The charts of a report, each one SVG element whose colours the page decides.</summary>
internal static class Charts
{
    private const double Width = 560, Height = 250, Left = 52, Right = 12, Top = 12, Bottom = 40;

    /// <summary>Curves over one x axis, with a legend above.</summary>
    public static string Lines(string title, string xName, params IReadOnlyList<Series> series)
    {
        var svg = new Svg(Width, Height, title);
        var x = new Axis(series.SelectMany(s => s.Points.Select(p => p.X)), Left, Width - Right);
        var y = new Axis(series.SelectMany(s => s.Points.Select(p => p.Y)), Height - Bottom, Top + 14);
        Frame(svg, x, y, xName);
        for (var i = 0; i < series.Count; i++)
        {
            svg.Path(series[i].Points.Where(p => double.IsFinite(p.Y)).Select(p => (x.At(p.X), y.At(p.Y))), $"curve c{i % 8}");
            if (series[i].Points.Count <= 40)
                foreach (var (px, py) in series[i].Points.Where(p => double.IsFinite(p.Y)))
                    svg.Circle(x.At(px), y.At(py), 2.5, $"dot c{i % 8}", string.Create(CultureInfo.InvariantCulture, $"{series[i].Name}: {py:0.####} at {px:0.##}"));
        }
        Legend(svg, series.Select(s => s.Name).ToList());
        return svg.ToString();
    }

    /// <summary>A histogram: bar i stands between edges i and i + 1.</summary>
    public static string Histogram(string title, string xName, IReadOnlyList<double> edges, IReadOnlyList<int> counts)
    {
        var svg = new Svg(Width, Height, title);
        var x = new Axis(edges, Left, Width - Right, withZero: true);
        var y = new Axis(counts.Select(c => (double)c), Height - Bottom, Top + 14, withZero: true);
        Frame(svg, x, y, xName);
        for (var i = 0; i < counts.Count; i++)
            svg.Rectangle(x.At(edges[i]) + 0.5, y.At(counts[i]), x.At(edges[i + 1]) - x.At(edges[i]) - 1, y.At(0) - y.At(counts[i]), edges[i + 1] <= 0 ? "bar c1" : "bar c0",
                string.Create(CultureInfo.InvariantCulture, $"{edges[i]:0.###} to {edges[i + 1]:0.###}: {counts[i]:N0}"));
        svg.Line(x.At(0), Top + 14, x.At(0), Height - Bottom, "zero");
        return svg.ToString();
    }

    /// <summary>A stacked bar a row: wins, ties, losses, with the win rate's interval as a whisker above one half.</summary>
    public static string Verdicts(string title, IReadOnlyList<Verdict> rows)
    {
        const double Name = 220, Row = 34;
        var svg = new Svg(Width + 140, (rows.Count * Row) + 44, title);
        var x = new Axis([0, 1], Name, Width + 128);
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            var (top, total) = (24 + (i * Row), (double)(row.Win + row.Tie + row.Lose));
            svg.Label(Name - 8, top + 16, row.Name, "end");
            var at = 0.0;
            foreach (var (count, style, word) in new[] { (row.Win, "win", "win"), (row.Tie, "tie", "tie"), (row.Lose, "lose", "lose") })
            {
                svg.Rectangle(x.At(at), top + 2, x.At(at + (count / total)) - x.At(at), 18, style, $"{word}: {count}");
                if (count / total > 0.06)
                    svg.Label(x.At(at + (count / total / 2)), top + 15, count.ToString(CultureInfo.InvariantCulture), style: "inside");
                at += count / total;
            }
            svg.Line(x.At(row.Low), top + 25, x.At(row.High), top + 25, "whisker");
            svg.Circle(x.At(row.Rate), top + 25, 3, "dot c0", string.Create(CultureInfo.InvariantCulture, $"win rate {row.Rate:P1}, 95 % {row.Low:P1} to {row.High:P1}"));
        }
        svg.Line(x.At(0.5), 18, x.At(0.5), 24 + (rows.Count * Row), "zero").Label(x.At(0.5), 12, "even");
        return svg.ToString();
    }

    private static void Frame(Svg svg, Axis x, Axis y, string xName)
    {
        foreach (var tick in y.Ticks())
            svg.Line(Left, y.At(tick), Width - Right, y.At(tick), "grid").Label(Left - 6, y.At(tick) + 4, y.Label(tick), "end");
        foreach (var tick in x.Ticks())
            svg.Label(x.At(tick), Height - Bottom + 16, x.Label(tick));
        svg.Label((Left + Width - Right) / 2, Height - 6, xName, style: "axis");
    }

    private static void Legend(Svg svg, IReadOnlyList<string> names)
    {
        var at = Left;
        for (var i = 0; i < names.Count; i++)
        {
            svg.Rectangle(at, 3, 10, 10, $"bar c{i % 8}", names[i]).Label(at + 14, 12, names[i], "start");
            at += 26 + (names[i].Length * 6.4);
        }
    }
}

/// <summary>One comparison: counts, win rate with ties half, its 95 % interval.</summary>
internal sealed record Verdict(string Name, int Win, int Tie, int Lose, double Rate, double Low, double High);
