namespace DataflowRlhf.Graph;

/// <summary>Holds two datasets of any size together, row by row and column by column, in bounded memory: what is compared lies on the store's disk.</summary>
public static class TableDiff
{
    private const string RowName = "row_id";
    private const int RowsAPart = 500_000; // About 200 MB with twenty columns.
    private const int MostParts = 512;
    private const int MostExamples = 4;

    /// <param name="by">The column that tells which row is which; null: <c>row_id</c> where both have it, else the rows' places.</param>
    /// <param name="onRows">Told how many rows of both are read, now and then.</param>
    /// <exception cref="StageException">There is no such column in both.</exception>
    public static async Task<TableDifference> OfAsync(ArtifactStore store, ArtifactRecord before, ArtifactRecord after, string? by, Action<long>? onRows, CancellationToken stopping)
    {
        if (before.Digest == after.Digest)
            return new TableDifference(by, [], [], after.Rows, 0, 0, 0, new Dictionary<string, long>(), []);
        var (had, has) = (await ColumnsAsync(store, before, stopping), await ColumnsAsync(store, after, stopping));
        if (by is not null && !(had.Any(c => c.Name == by) && has.Any(c => c.Name == by)))
            throw new StageException($"There is no column '{by}' in both; both have {string.Join(", ", had.Select(c => c.Name).Intersect(has.Select(c => c.Name)))}.");
        by ??= had.Any(c => c.Name == RowName) && has.Any(c => c.Name == RowName) ? RowName : null;
        var shared = has.Where(c => c.Name != by && had.Contains(c)).ToList();
        var parts = (int)Math.Clamp(Math.Max(before.Rows, after.Rows) / RowsAPart + 1, 1, MostParts);
        using var work = store.NewWorkspace();
        using var first = new RowSpill(work.Files, "before", parts);
        using var second = new RowSpill(work.Files, "after", parts);
        var read = await first.FillAsync(store.Read(before, stopping), by, shared, onRows);
        await second.FillAsync(store.Read(after, stopping), by, shared, onRows is null ? null : rows => onRows(read + rows));

        var (same, added, removed, changed) = (0L, 0L, 0L, 0L);
        var changedBy = new long[shared.Count];
        var examples = new Dictionary<char, List<string>> { ['+'] = [], ['−'] = [], ['~'] = [] };
        void Example(char sign, string name)
        {
            if (examples[sign].Count < MostExamples)
                examples[sign].Add($"{sign} {name}");
        }
        for (var part = 0; part < parts; part++)
        {
            stopping.ThrowIfCancellationRequested();
            var rows = first.Read(part).ToDictionary(r => r.Name, r => r.Cells, StringComparer.Ordinal);
            foreach (var (name, cells) in second.Read(part))
            {
                if (!rows.Remove(name, out var old))
                {
                    added++;
                    Example('+', name);
                    continue;
                }
                var differs = false;
                for (var i = 0; i < cells.Length; i++)
                {
                    if (cells[i] == old[i])
                        continue;
                    changedBy[i]++;
                    differs = true;
                }
                if (differs)
                {
                    changed++;
                    Example('~', name);
                }
                else
                {
                    same++;
                }
            }
            removed += rows.Count;
            foreach (var name in rows.Keys.Take(MostExamples))
                Example('−', name);
        }
        return new TableDifference(
            by, [.. had.Where(c => has.All(h => h.Name != c.Name)).Select(c => c.ToString())], [.. has.Where(c => !had.Contains(c)).Select(c => c.ToString())], same, added, removed, changed,
            shared.Zip(changedBy).Where(c => c.Second > 0).ToDictionary(c => c.First.Name, c => c.Second), [.. examples.Values.SelectMany(e => e)]);
    }

    private static async Task<IReadOnlyList<Column>> ColumnsAsync(ArtifactStore store, ArtifactRecord artifact, CancellationToken stopping)
    {
        await foreach (var batch in store.Read(artifact, stopping))
            return batch.Columns;
        return [];
    }
}
