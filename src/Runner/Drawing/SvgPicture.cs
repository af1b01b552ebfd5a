using System.Globalization;
using System.Security;
using System.Text;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Drawing;

/// <summary>The picture as one SVG file that needs nothing else: layers from the top, light and dark by the reader's own setting.</summary>
internal static class SvgPicture
{
    private const double Margin = 24, Head = 44, Gap = 22, Between = 46, Letter = 7.4, SmallLetter = 6.2, Line = 15;

    public static string Draw(Picture picture)
    {
        var layers = new Layers(picture, Width, Gap);
        var heights = layers.Rows.Select(r => r.Max(p => p.Box is { } b ? Height(picture, b) : 0)).ToList();
        var tops = heights.Select((_, i) => Margin + Head + heights.Take(i).Sum(h => h + Between)).ToList();
        var states = picture.Boxes.Select(b => b.State).OfType<Decision>().Distinct().Order().ToList();
        var width = Math.Max(420, layers.Rows.SelectMany(r => r).Max(p => p.X + p.Width / 2) + 2 * Margin);
        var height = tops[^1] + heights[^1] + Margin + (states.Count > 0 ? 30 : 0);
        var svg = new StringBuilder();
        svg.Append(Invariant($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:0}\" height=\"{height:0}\" viewBox=\"0 0 {width:0} {height:0}\" role=\"img\" aria-label=\"{Escape(picture.Title)}\">\n"));
        svg.Append(Style);
        svg.Append(Invariant($"<rect class=\"ground\" width=\"{width:0}\" height=\"{height:0}\"/>\n"));
        svg.Append(Invariant($"<text class=\"title\" x=\"{Margin:0}\" y=\"{Margin + 14:0}\">{Escape(picture.Title)}</text>\n"));
        svg.Append(Invariant($"<text class=\"uses\" x=\"{Margin:0}\" y=\"{Margin + 31:0}\">{picture.Stages} stages, seed {picture.Seed}</text>\n"));
        foreach (var place in layers.Rows.SelectMany(r => r))
        {
            var bottom = tops[place.Layer] + (place.Box is { } own ? Height(picture, own) : heights[place.Layer]);
            if (place.Box is null)
                svg.Append(Invariant($"<path class=\"link\" d=\"M {place.X + Margin:0.#} {tops[place.Layer]:0.#} V {bottom:0.#}\"/>\n"));
            foreach (var below in place.Down)
                svg.Append(Curve(place.X + Margin, bottom, tops[place.Layer] + heights[place.Layer], below.X + Margin, tops[below.Layer], below.Box is not null));
        }
        foreach (var place in layers.Rows.SelectMany(r => r).Where(p => p.Box is not null))
            svg.Append(Draw(picture, place.Box!.Value, place.X - place.Width / 2 + Margin, tops[place.Layer], place.Width));
        for (var i = 0; i < states.Count; i++)
            svg.Append(Invariant($"<rect x=\"{Margin + i * 90:0}\" y=\"{height - 30:0}\" width=\"10\" height=\"10\" rx=\"2\" fill=\"{GraphText.Colour(states[i])}\"/><text class=\"uses\" x=\"{Margin + 15 + i * 90:0}\" y=\"{height - 21:0}\">{Box.Word(states[i])}</text>\n"));
        return svg.Append("</svg>\n").ToString();
    }

    private const string Style = """
        <style>
        text { font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1d2433; }
        .ground { fill: #ffffff; } .title { font-size: 16px; font-weight: 600; }
        .name { font-size: 13px; font-weight: 600; } .uses { font-size: 11px; fill: #5b6577; }
        .box { stroke: #8894a8; stroke-width: 1.2; } .dataset { fill: #eaf2fd; } .model { fill: #fdf0e1; } .report { fill: #e8f6ea; }
        .link { fill: none; stroke: #97a3b6; stroke-width: 1.3; } .tip { fill: #97a3b6; }
        @media (prefers-color-scheme: dark) {
          text { fill: #e8ecf3; } .ground { fill: #12161e; } .uses { fill: #9aa5b8; }
          .box { stroke: #5d6a80; } .dataset { fill: #1b2a40; } .model { fill: #3a2a17; } .report { fill: #1b3322; }
        }
        </style>

        """;

    private static string Draw(Picture picture, int index, double x, double y, double width)
    {
        var box = picture.Boxes[index];
        var height = Height(picture, index);
        var text = new StringBuilder("<g>");
        text.Append($"<title>{Escape(string.Join(", ", box.Members))}: {Escape(box.Uses)}{(box.State is null ? "" : $" ({Escape(box.Plan)})")}</title>");
        text.Append(Invariant($"<rect class=\"box {box.Leaves.ToString().ToLowerInvariant()}\" x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{width:0.#}\" height=\"{height:0.#}\" rx=\"{(box.Leaves == ArtifactKind.Model ? 14 : 5)}\""));
        text.Append(box.State is { } state ? $" style=\"stroke:{GraphText.Colour(state)};stroke-width:2.2\"/>" : "/>");
        text.Append(Invariant($"<text class=\"name\" x=\"{x + width / 2:0.#}\" y=\"{y + 18:0.#}\" text-anchor=\"middle\">{Escape(box.Label)}</text>"));
        var at = y + 18;
        foreach (var line in Small(picture, index))
            text.Append(Invariant($"<text class=\"uses\" x=\"{x + width / 2:0.#}\" y=\"{at += Line:0.#}\" text-anchor=\"middle\">{Escape(line)}</text>"));
        return text.Append("</g>\n").ToString();
    }

    private static string Curve(double x, double from, double leaves, double toX, double toY, bool tip)
    {
        var middle = (leaves + toY) / 2;
        var end = tip ? toY - 5 : toY;
        var path = Invariant($"<path class=\"link\" d=\"M {x:0.#} {from:0.#} V {leaves:0.#} C {x:0.#} {middle:0.#} {toX:0.#} {middle:0.#} {toX:0.#} {end:0.#}\"/>\n");
        return tip ? path + Invariant($"<path class=\"tip\" d=\"M {toX - 4:0.#} {toY - 7:0.#} L {toX + 4:0.#} {toY - 7:0.#} L {toX:0.#} {toY:0.#} Z\"/>\n") : path;
    }

    /// <summary>The lines below a box's name: its kind, what feeds it from the round before.</summary>
    private static IEnumerable<string> Small(Picture picture, int box)
    {
        yield return picture.Boxes[box].Uses;
        if (picture.Before(box).Any())
            yield return "↻ " + string.Join(", ", picture.Before(box).Select(b => picture.Boxes[b].Name.Split('.')[^1]));
    }

    private static double Height(Picture picture, int box) => 28 + Line * Small(picture, box).Count();

    private static double Width(Box box) => Math.Max(96, Math.Max(box.Label.Length * Letter, box.Uses.Length * SmallLetter) + 26);

    private static string Escape(string text) => SecurityElement.Escape(string.Concat(text.Where(c => !char.IsControl(c))));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
