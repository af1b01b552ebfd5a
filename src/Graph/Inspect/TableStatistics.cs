namespace DataflowRlhf.Graph;

/// <summary>Statistics of every column of a dataset, in one pass and in bounded memory.</summary>
public static class TableStatistics
{
    /// <param name="batches">Of equal columns.</param>
    /// <param name="onRows">Told how many rows are done, now and then.</param>
    public static async Task<IReadOnlyList<ColumnStatistics>> OfAsync(IAsyncEnumerable<Batch> batches, Action<long>? onRows = null)
    {
        var tallies = new List<(Column Column, ColumnTally Tally)>();
        var rows = 0L;
        await foreach (var batch in batches)
        {
            if (tallies.Count == 0)
                tallies = [.. batch.Columns.Select(c => (c, new ColumnTally(c)))];
            foreach (var (column, tally) in tallies)
                tally.Add(batch.Values(column));
            onRows?.Invoke(rows += batch.Rows);
        }
        return [.. tallies.Select(t => t.Tally.Done())];
    }
}
