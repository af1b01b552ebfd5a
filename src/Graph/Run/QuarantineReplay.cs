using System.Text.Json;

namespace DataflowRlhf.Graph;

/// <summary>
/// Lets a stage make only those batches again of which rows were put aside: what its last artifact has of the others is laid out as if an attempt had been
/// stopped behind it. For stages that turn one batch into one; where the batches do not match, nothing is laid out and all are made.
/// </summary>
internal static class QuarantineReplay
{
    private const int BatchesAChunk = 64;

    /// <param name="input">What the stage's batches are read from.</param>
    /// <param name="last">What it made of them.</param>
    /// <param name="folder">The journal's, of the attempt to come.</param>
    /// <returns>How many batches need not be made; null where they cannot be told apart.</returns>
    public static async Task<long?> SeedAsync(ArtifactStore store, ArtifactRecord input, ArtifactRecord last, string folder, CancellationToken stopping)
    {
        var bad = BadRows(store, last);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        await using var made = store.Read(last, stopping).GetAsyncEnumerator(stopping);
        var chunk = new List<(Batch Input, Made Made)>();
        var (chunks, spared) = (0, 0L);
        await foreach (var batch in store.Read(input, stopping))
        {
            var aside = bad.GetValueOrDefault(batch.Number);
            var left = batch.Rows - aside;
            if (left < 0 || (left > 0 && !(await made.MoveNextAsync() && made.Current.Rows == left)))
                return Nothing(folder);
            // One with rows put aside stands there without a batch: it is made, and keeps its place.
            chunk.Add((batch, new Made(aside == 0 && left > 0 ? made.Current : null, [])));
            spared += aside == 0 && left > 0 ? 1 : 0;
            if (chunk.Count < BatchesAChunk)
                continue;
            await BatchJournal.WriteAsync(folder, chunks++, chunk);
            chunk.Clear();
        }
        if (await made.MoveNextAsync())
            return Nothing(folder);
        await BatchJournal.WriteAsync(folder, chunks, chunk);
        return spared;
    }

    private static long? Nothing(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        return null;
    }

    /// <summary>Number of an input batch → rows of it that were put aside.</summary>
    private static Dictionary<long, int> BadRows(ArtifactStore store, ArtifactRecord last)
    {
        var bad = new Dictionary<long, int>();
        foreach (var line in store.Quarantine(last))
        {
            using var row = JsonDocument.Parse(line);
            var batch = row.RootElement.GetProperty("batch").GetInt64();
            bad[batch] = bad.GetValueOrDefault(batch) + 1;
        }
        return bad;
    }
}
