using System.Text;
using Spectre.Console;

namespace DataflowRlhf.Runner.Views;

/// <summary>One row a running stage, in columns that stay where they are; where the terminal is too narrow for that, two lines a stage. No line is wider than the terminal.</summary>
internal sealed class LiveRows
{
    private const string Gap = "  ";
    private const string Indent = "    ";
    private const int LongestName = 32;
    private const int WideBar = 16, NarrowBar = 8, WideTerminal = 140;
    private static readonly int[] Whole = [0, 1, 2, 3, 4, 5], Upper = [0, 1, 2, 4], Lower = [3, 5];
    private static readonly string[] Styles = ["bold", "green", "", "", "grey", "yellow"];
    private readonly int[] widths = new int[Styles.Length];
    private int tooNarrow;

    /// <param name="Name">The stage.</param>
    /// <param name="Share">Of its work that is done, from 0 to 1; null: not known.</param>
    /// <param name="Done">How far it is.</param>
    /// <param name="Rates">Rows and tokens a second.</param>
    /// <param name="Left">The time that is left.</param>
    /// <param name="Rest">Its curve's last point; queue, blocked, starved.</param>
    public sealed record Row(string Name, double? Share, string Done, string Rates, string Left, string Rest);

    /// <summary>The lines as Spectre's markup.</summary>
    /// <param name="width">Letters that a line of the terminal has.</param>
    public IReadOnlyList<string> Lines(IReadOnlyList<Row> rows, int width)
    {
        var cells = rows.Select(r => Cells(r, width < WideTerminal ? NarrowBar : WideBar)).ToList();
        // A column is as wide as it ever was, and what was folded stays so: nothing jumps about.
        foreach (var row in cells)
            for (var i = 0; i < row.Length; i++)
                widths[i] = Math.Max(widths[i], row[i].Length);
        if (widths.Where(w => w > 0).Sum(w => w + Gap.Length) - Gap.Length > width)
            tooNarrow = Math.Max(tooNarrow, width);
        return width > tooNarrow
            ? [.. cells.Select(c => Line(c, Whole, width))]
            : [.. cells.SelectMany(c => new[] { Line(c, Upper, width), Indent + Line(c, Lower, width - Indent.Length) })];
    }

    private static string[] Cells(Row row, int bar)
    {
        var full = (int)((row.Share ?? 0) * bar);
        return
        [
            row.Name.Length > LongestName ? row.Name[..(LongestName - 1)] + "…" : row.Name,
            row.Share is null ? "…".PadRight(bar) : new string('━', full) + new string('─', bar - full),
            row.Done, row.Rates, row.Left, row.Rest,
        ];
    }

    /// <param name="columns">These of the cells; what is left of them stays as wide as it ever was.</param>
    private string Line(string[] cells, int[] columns, int width)
    {
        var (line, written, at) = (new StringBuilder(), 0, 0);
        foreach (var i in columns.Where(i => widths[i] > 0))
        {
            var text = cells[i][..Math.Clamp(width - at, 0, cells[i].Length)];
            if (text.Length > 0)
            {
                line.Append(' ', at - written).Append(Styles[i].Length == 0 ? Markup.Escape(text) : $"[{Styles[i]}]{Markup.Escape(text)}[/]");
                written = at + text.Length;
            }
            at += widths[i] + Gap.Length;
        }
        return line.ToString();
    }
}
