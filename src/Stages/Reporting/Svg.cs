using System.Globalization;
using System.Net;
using System.Text;

namespace DataflowRlhf.Stages.Reporting;

/// <summary>Writes SVG marks with numbers in one form, whatever the machine's language.</summary>
internal sealed class Svg(double width, double height, string title)
{
    private readonly StringBuilder marks = new();

    public static string Number(double value) => Math.Round(value, 2).ToString(CultureInfo.InvariantCulture);

    public Svg Line(double x1, double y1, double x2, double y2, string style)
    {
        marks.Append(CultureInfo.InvariantCulture, $"<line x1='{Number(x1)}' y1='{Number(y1)}' x2='{Number(x2)}' y2='{Number(y2)}' class='{style}'/>");
        return this;
    }

    public Svg Rectangle(double x, double y, double w, double h, string style, string hint)
    {
        marks.Append(CultureInfo.InvariantCulture, $"<rect x='{Number(x)}' y='{Number(y)}' width='{Number(Math.Max(0, w))}' height='{Number(Math.Max(0, h))}' class='{style}'><title>{Text(hint)}</title></rect>");
        return this;
    }

    public Svg Circle(double x, double y, double radius, string style, string hint)
    {
        marks.Append(CultureInfo.InvariantCulture, $"<circle cx='{Number(x)}' cy='{Number(y)}' r='{Number(radius)}' class='{style}'><title>{Text(hint)}</title></circle>");
        return this;
    }

    public Svg Path(IEnumerable<(double X, double Y)> points, string style)
    {
        marks.Append("<polyline fill='none' class='").Append(style).Append("' points='")
            .AppendJoin(' ', points.Select(p => Number(p.X) + "," + Number(p.Y))).Append("'/>");
        return this;
    }

    public Svg Label(double x, double y, string text, string anchor = "middle", string style = "label")
    {
        marks.Append(CultureInfo.InvariantCulture, $"<text x='{Number(x)}' y='{Number(y)}' text-anchor='{anchor}' class='{style}'>{Text(text)}</text>");
        return this;
    }

    public static string Text(string text) => WebUtility.HtmlEncode(text);

    public override string ToString() =>
        $"<svg viewBox='0 0 {Number(width)} {Number(height)}' role='img' aria-label='{Text(title)}'>{marks}</svg>";
}
