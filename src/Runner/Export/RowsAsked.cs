using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Export;

/// <summary>Which rows and columns of a dataset are asked for.</summary>
/// <param name="Columns">In this order; empty: all.</param>
/// <param name="Most">No more rows; null: all.</param>
internal sealed record RowsAsked(IReadOnlyList<string> Columns, IReadOnlyList<RowFilter> Where, long? Most)
{
    /// <summary>The batches with these rows, as they are read: never more than one in memory.</summary>
    /// <param name="onRead">Told how many rows were read.</param>
    /// <exception cref="StageException">There is no such column.</exception>
    public async IAsyncEnumerable<Batch> FromAsync(IAsyncEnumerable<Batch> batches, Action<long>? onRead)
    {
        var (read, given) = (0L, 0L);
        await foreach (var batch in batches)
        {
            onRead?.Invoke(read += batch.Rows);
            var kept = RowFilter.Apply(batch, Where);
            if (Most is { } most && given + kept.Rows > most)
                kept = kept.Select([.. Enumerable.Range(0, (int)(most - given))]);
            given += kept.Rows;
            if (kept.Rows > 0 || batch.Rows == 0)
                yield return kept;
            if (given >= Most)
                yield break;
        }
    }

    /// <exception cref="StageException">There is no such column.</exception>
    public IReadOnlyList<Column> Of(IReadOnlyList<Column> there) => Columns.Count == 0 ? there :
        [.. Columns.Select(name => there.FirstOrDefault(c => c.Name == name)
            ?? throw new StageException($"There is no column '{name}' here ({string.Join(", ", there.Select(c => c.Name))}).{(Nearest.To(name, there.Select(c => c.Name)) is { } near ? $"  write: {near}" : "")}"))];
}
