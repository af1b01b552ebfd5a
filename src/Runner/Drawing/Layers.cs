namespace DataflowRlhf.Runner.Drawing;

/// <summary>
/// Where everything stands: boxes in layers, each below all that feeds it. A line over several layers has a place of its own in each,
/// shared by all lines of one source, so that it passes between boxes and never through one.
/// </summary>
internal sealed class Layers
{
    private const int Sweeps = 24;

    /// <summary>A box, or a place where a source's line passes a layer (Box is null).</summary>
    internal sealed class Place
    {
        public int? Box { get; init; }
        public required int Layer { get; init; }

        /// <summary>Pixels.</summary>
        public required double Width { get; init; }
        public List<Place> Up { get; } = [];
        public List<Place> Down { get; } = [];
        public int Order { get; set; }

        /// <summary>Its middle, in pixels.</summary>
        public double X { get; set; }
    }

    private readonly double gap;

    /// <param name="width">A box's width in pixels.</param>
    /// <param name="gap">Pixels between neighbours.</param>
    public Layers(Picture picture, Func<Box, double> width, double gap)
    {
        this.gap = gap;
        var depths = picture.Depths();
        var boxes = picture.Boxes.Select((b, i) => new Place { Box = i, Layer = depths[i], Width = width(b) }).ToList();
        var all = new List<Place>(boxes);
        for (var source = 0; source < boxes.Count; source++)
        {
            var targets = Enumerable.Range(0, boxes.Count).Where(t => picture.Above(t).Contains(source)).ToList();
            var chain = new List<Place> { boxes[source] };
            for (var layer = depths[source] + 1; layer < targets.Select(t => depths[t]).DefaultIfEmpty().Max(); layer++)
            {
                var passes = new Place { Layer = layer, Width = 4 };
                Join(chain[^1], passes);
                chain.Add(passes);
                all.Add(passes);
            }
            foreach (var target in targets)
                Join(chain[depths[target] - 1 - depths[source]], boxes[target]);
        }
        Rows = [.. all.GroupBy(p => p.Layer).OrderBy(g => g.Key).Select(g => g.ToList())];
        Order();
        Spread();
    }

    /// <summary>Every layer from the top, each from the left.</summary>
    public IReadOnlyList<List<Place>> Rows { get; }

    private static void Join(Place above, Place below)
    {
        above.Down.Add(below);
        below.Up.Add(above);
    }

    /// <summary>Each row by the middle of its neighbours, down and up by turns; the order with the fewest crossings stays.</summary>
    private void Order()
    {
        Number();
        var best = Rows.Select(r => r.ToList()).ToList();
        var fewest = Crossings();
        for (var sweep = 0; sweep < Sweeps && fewest > 0; sweep++)
        {
            var down = sweep % 2 == 0;
            foreach (var row in down ? Rows : Rows.Reverse())
            {
                var sorted = row.OrderBy(p => (down ? p.Up : p.Down).Select(n => (double)n.Order).DefaultIfEmpty(p.Order).Average()).ToList();
                row.Clear();
                row.AddRange(sorted);
                Number(row);
            }
            if (Crossings() is var crossings && crossings < fewest)
                (fewest, best) = (crossings, [.. Rows.Select(r => r.ToList())]);
        }
        for (var i = 0; i < Rows.Count; i++)
        {
            Rows[i].Clear();
            Rows[i].AddRange(best[i]);
        }
        Number();
    }

    private void Number()
    {
        foreach (var row in Rows)
            Number(row);
    }

    private static void Number(List<Place> row)
    {
        for (var i = 0; i < row.Count; i++)
            row[i].Order = i;
    }

    private int Crossings() => Rows.Sum(row =>
    {
        var lines = row.SelectMany(p => p.Down.Select(d => (From: p.Order, To: d.Order))).ToList();
        return lines.Select((a, i) => lines.Skip(i + 1).Count(b => (a.From - b.From) * (a.To - b.To) < 0)).Sum();
    });

    /// <summary>Each place towards the middle of its neighbours, as far as its row has room.</summary>
    private void Spread()
    {
        foreach (var row in Rows)
            Settle(row, [.. row.Select((_, i) => i * 1.0)]);
        for (var sweep = 0; sweep < Sweeps; sweep++)
        {
            var down = sweep % 2 == 0;
            foreach (var row in down ? Rows : Rows.Reverse())
                Settle(row, [.. row.Select(p => (down ? p.Up : p.Down).Select(n => n.X).DefaultIfEmpty(p.X).Average())]);
        }
        var left = Rows.SelectMany(r => r).Min(p => p.X - p.Width / 2);
        foreach (var place in Rows.SelectMany(r => r))
            place.X -= left;
    }

    /// <summary>The mean of two placings that keep the distances, one pushed to the right and one to the left, keeps them as well.</summary>
    private void Settle(List<Place> row, double[] wanted)
    {
        var (right, left) = ((double[])wanted.Clone(), (double[])wanted.Clone());
        for (var i = 1; i < row.Count; i++)
            right[i] = Math.Max(right[i], right[i - 1] + Apart(row[i - 1], row[i]));
        for (var i = row.Count - 2; i >= 0; i--)
            left[i] = Math.Min(left[i], left[i + 1] - Apart(row[i], row[i + 1]));
        for (var i = 0; i < row.Count; i++)
            row[i].X = (right[i] + left[i]) / 2;
    }

    private double Apart(Place a, Place b) => (a.Width + b.Width) / 2 + gap;
}
