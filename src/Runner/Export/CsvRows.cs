using System.Globalization;
using System.Text;
using System.Text.Json;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Export;

/// <summary>
/// Comma-separated rows as in RFC 4180, UTF-8: a header, quotes where they are needed, lists as JSON. A text that a spreadsheet would take for a formula gets
/// an apostrophe in front, unless it is asked to stay as it is: rows come from anywhere, and a formula can send what it sees to others.
/// </summary>
internal sealed class CsvRows(TextWriter to, bool raw) : IRowWriter
{
    /// <summary>How many texts got an apostrophe.</summary>
    public long Guarded { get; private set; }

    public void Begin(IReadOnlyList<Column> columns) => to.Write(string.Join(',', columns.Select(c => Quoted(Harmless(c.Name)))) + "\n");

    public void Write(Batch batch, IReadOnlyList<Column> columns)
    {
        var values = columns.Select(batch.Values).ToArray();
        var line = new StringBuilder();
        for (var row = 0; row < batch.Rows; row++)
        {
            line.Clear();
            for (var i = 0; i < values.Length; i++)
                line.Append(i == 0 ? "" : ",").Append(Quoted(Text(values[i], row)));
            to.Write(line.Append('\n'));
        }
    }

    public void End()
    {
    }

    private string Text(Array values, int row) => values switch
    {
        bool[] v => v[row] ? "true" : "false",
        int[] v => v[row].ToString(CultureInfo.InvariantCulture),
        long[] v => v[row].ToString(CultureInfo.InvariantCulture),
        float[] v => v[row].ToString("R", CultureInfo.InvariantCulture),
        double[] v => v[row].ToString("R", CultureInfo.InvariantCulture),
        string?[] v => Harmless(v[row] ?? ""),
        byte[]?[] v => v[row] is { } bytes ? Convert.ToBase64String(bytes) : "",
        _ => values.GetValue(row) is { } list ? JsonSerializer.Serialize(list, Told.Line) : "",
    };

    private string Harmless(string text)
    {
        if (raw || text.Length == 0 || !"=+-@\t\r\n＝＋－＠".Contains(text[0]))
            return text;
        Guarded++;
        return "'" + text;
    }

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(",\"\n\r") >= 0 || text.StartsWith(' ') || text.EndsWith(' ') ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
