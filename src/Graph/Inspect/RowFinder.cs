using Parquet;
using Parquet.Schema;

namespace DataflowRlhf.Graph;

/// <summary>Finds rows of a dataset by name: of each row group one column is read, and the others only where it is there.</summary>
internal static class RowFinder
{
    /// <summary>The rows whose <paramref name="column"/> is <paramref name="value"/>; none where a part has no such column of texts.</summary>
    /// <exception cref="StageException">A part is damaged.</exception>
    public static async Task<IReadOnlyList<FoundRow>> FindAsync(string folder, string column, string value, int most, CancellationToken stopping)
    {
        var found = new List<FoundRow>();
        foreach (var part in Directory.EnumerateFiles(folder, "part-*.parquet").Order(StringComparer.Ordinal))
        {
            try
            {
                await FindAsync(part, column, value, most, found, stopping);
            }
            catch (Exception damaged) when (damaged is ParquetException or IOException or ArgumentException or IndexOutOfRangeException)
            {
                throw new StageException($"{part} in the store is damaged: {damaged.Message}  See: rlhf verify", damaged);
            }
            if (found.Count >= most)
                break;
        }
        return found;
    }

    private static async Task FindAsync(string part, string column, string value, int most, List<FoundRow> found, CancellationToken stopping)
    {
        await using var reader = await ParquetReader.CreateAsync(part, cancellationToken: stopping);
        var columns = reader.Schema.Fields.Select(f => (Reads: ParquetColumn.Of(f), Leaf: f is ListField list ? list.Item as DataField : f as DataField)).Where(c => c.Reads is not null).ToList();
        var named = columns.FirstOrDefault(c => c.Reads!.Column.Name == column && c.Reads.Column.Type == ColumnType.Text);
        if (named.Reads is null)
            return;
        for (var index = 0; index < reader.RowGroupCount && found.Count < most; index++)
        {
            stopping.ThrowIfCancellationRequested();
            using var group = reader.OpenRowGroupReader(index);
            var rows = checked((int)group.RowCount);
            var names = (string?[])await named.Reads.ReadAsync(group, named.Leaf!, rows, stopping);
            int[] places = [.. Enumerable.Range(0, rows).Where(row => names[row] == value)];
            if (places.Length == 0)
                continue;
            var batch = Batch.Of(index, rows);
            foreach (var (reads, leaf) in columns)
                batch = batch.WithValues(reads!.Column, reads == named.Reads ? names : await reads.ReadAsync(group, leaf!, rows, stopping));
            found.AddRange(places.Take(most - found.Count).Select(place => new FoundRow(batch.Select([place]), Path.GetFileName(part), index, place)));
        }
    }
}
