using System.Text;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Export;

/// <summary>Writes a dataset's rows out, as they are read.</summary>
internal static class RowExport
{
    /// <param name="format"><c>csv</c>, <c>json</c> or <c>jsonl</c>.</param>
    /// <param name="output">A file that is not there yet; null: standard output.</param>
    /// <param name="raw">Leaves in CSV what a spreadsheet would take for a formula.</param>
    /// <returns>How many rows, and how many texts were made harmless.</returns>
    /// <exception cref="StageException">There is no such column, or the file is there.</exception>
    public static async Task<(long Rows, long Guarded)> RunAsync(ArtifactStore store, ArtifactRecord artifact, RowsAsked asked, string format, string? output, bool raw, CancellationToken stopping)
    {
        if (output is not null && Path.Exists(output))
            throw new StageException($"{output} is there already. Name another file, or delete it.");
        var half = output is null ? null : output + ".tmp";
        var rows = 0L;
        long guarded;
        try
        {
            await using (var stream = half is null ? Console.OpenStandardOutput() : new FileStream(half, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            await using (var text = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16))
            {
                IRowWriter writer = format == "csv" ? new CsvRows(text, raw) : new JsonRows(text, lines: format == "jsonl");
                using var bar = new Bar("rows", artifact.Rows, TimeProvider.System);
                IReadOnlyList<Column>? columns = null;
                await foreach (var batch in asked.FromAsync(store.Read(artifact, stopping), bar.At))
                {
                    if (columns is null)
                        writer.Begin(columns = asked.Of(batch.Columns));
                    writer.Write(batch, columns);
                    rows += batch.Rows;
                }
                if (columns is null)
                    writer.Begin([]);
                writer.End();
                guarded = (writer as CsvRows)?.Guarded ?? 0;
            }
            if (half is not null)
                File.Move(half, output!);
        }
        catch
        {
            if (half is not null)
                File.Delete(half);
            throw;
        }
        return (rows, guarded);
    }
}
