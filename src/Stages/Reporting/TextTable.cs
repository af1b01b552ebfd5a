namespace DataflowRlhf.Stages.Reporting;

/// <summary>A small table: first column to the left, the others to the right.</summary>
internal sealed record TextTable(string Title, IReadOnlyList<string> Headings, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>Lines for a terminal.</summary>
    public IEnumerable<string> Lines()
    {
        var widths = Headings.Select((h, i) => Rows.Select(r => r[i].Length).Append(h.Length).Max()).ToArray();
        string Format(IReadOnlyList<string> cells) => "  " + string.Join("  ", cells.Select((c, i) => i == 0 ? c.PadRight(widths[i]) : c.PadLeft(widths[i])));
        yield return Title;
        yield return Format(Headings);
        foreach (var row in Rows)
            yield return Format(row);
    }
}
