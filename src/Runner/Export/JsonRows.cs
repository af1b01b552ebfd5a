using System.Text.Json;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Export;

/// <summary>Rows as JSON objects: one a line, or all in one array. NaN and infinities are texts, bytes are base64.</summary>
/// <param name="lines">JSON Lines.</param>
internal sealed class JsonRows(TextWriter to, bool lines) : IRowWriter
{
    private bool any;

    public void Begin(IReadOnlyList<Column> columns) => to.Write(lines ? "" : "[");

    public void Write(Batch batch, IReadOnlyList<Column> columns)
    {
        var values = columns.Select(c => (c.Name, Values: batch.Values(c))).ToArray();
        for (var row = 0; row < batch.Rows; row++)
        {
            to.Write(lines ? "" : any ? ",\n " : "\n ");
            to.Write('{');
            for (var i = 0; i < values.Length; i++)
                to.Write($"{(i == 0 ? "" : ",")}{JsonSerializer.Serialize(values[i].Name, Told.Line)}:{JsonSerializer.Serialize(values[i].Values.GetValue(row), Told.Line)}");
            to.Write(lines ? "}\n" : "}");
            any = true;
        }
    }

    public void End() => to.Write(lines ? "" : any ? "\n]\n" : "]\n");
}
