namespace DataflowRlhf.Graph;

/// <summary>Batches of a finished dataset put together and cut anew.</summary>
internal static class Rows
{
    /// <summary>All rows as one batch; null where there is no batch.</summary>
    public static Batch? Join(IReadOnlyList<Batch> batches)
    {
        if (batches.Count == 0)
            return null;
        var joined = Batch.Of(0, batches.Sum(b => b.Rows));
        foreach (var column in batches[0].Columns)
        {
            var (cells, at) = (column.NewValues(joined.Rows), 0);
            foreach (var batch in batches)
            {
                batch.Values(column).CopyTo(cells, at);
                at += batch.Rows;
            }
            joined = joined.WithValues(column, cells);
        }
        return joined;
    }

    /// <summary>The same rows, so many a batch; 0: all in one.</summary>
    public static IReadOnlyList<Batch> Cut(Batch all, int rows)
    {
        if (rows == 0 || all.Rows == 0)
            return [all];
        return [.. Enumerable.Range(0, (all.Rows + rows - 1) / rows).Select(b => all.Select([.. Enumerable.Range(b * rows, Math.Min(rows, all.Rows - (b * rows)))]))];
    }
}
