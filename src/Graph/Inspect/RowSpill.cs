namespace DataflowRlhf.Graph;

/// <summary>Rows as names and cell hashes, parted by name into files, so that two datasets of any size can be held together part by part.</summary>
internal sealed class RowSpill : IDisposable
{
    private readonly string folder, side;
    private readonly BinaryWriter?[] writers;
    private int columns;

    /// <param name="parts">How many files.</param>
    public RowSpill(string folder, string side, int parts)
    {
        this.folder = folder;
        this.side = side;
        writers = new BinaryWriter?[parts];
    }

    public async Task<long> FillAsync(IAsyncEnumerable<Batch> batches, string? by, IReadOnlyList<Column> compared, Action<long>? onRows)
    {
        columns = compared.Count;
        var rows = 0L;
        await foreach (var batch in batches)
        {
            var names = by is null ? null : batch.Values(batch.Columns.First(c => c.Name == by));
            var values = compared.Select(batch.Values).ToArray();
            for (var row = 0; row < batch.Rows; row++)
            {
                var name = names is null ? (rows + row).ToString(System.Globalization.CultureInfo.InvariantCulture) : names.GetValue(row)?.ToString() ?? "";
                var part = (int)(CellHash.Of(name) % (ulong)writers.Length);
                var writer = writers[part] ??= new BinaryWriter(new FileStream(FileOf(part), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16));
                writer.Write(name);
                foreach (var cells in values)
                    writer.Write(CellHash.Of(cells, row));
            }
            onRows?.Invoke(rows += batch.Rows);
        }
        Dispose();
        return rows;
    }

    /// <summary>A part's rows in the dataset's order; a name that comes again gets a number.</summary>
    public IEnumerable<(string Name, ulong[] Cells)> Read(int part)
    {
        if (!File.Exists(FileOf(part)))
            yield break;
        using var reader = new BinaryReader(new FileStream(FileOf(part), FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16));
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            var name = reader.ReadString();
            var cells = new ulong[columns];
            for (var i = 0; i < columns; i++)
                cells[i] = reader.ReadUInt64();
            var times = seen[name] = seen.GetValueOrDefault(name) + 1;
            yield return (times == 1 ? name : $"{name} ({times})", cells);
        }
    }

    public void Dispose()
    {
        for (var i = 0; i < writers.Length; i++)
        {
            writers[i]?.Dispose();
            writers[i] = null;
        }
    }

    private string FileOf(int part) => Path.Combine(folder, $"{side}-{part:000}");
}
