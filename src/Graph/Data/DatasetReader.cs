using System.Runtime.CompilerServices;
using Parquet;
using Parquet.Schema;

namespace DataflowRlhf.Graph;

/// <summary>Reads a dataset's parts back, one batch a row group, never more than one in memory.</summary>
internal static class DatasetReader
{
    /// <exception cref="StageException">A part is damaged.</exception>
    public static async IAsyncEnumerable<Batch> Read(string folder, [EnumeratorCancellation] CancellationToken stopping)
    {
        var number = 0L;
        foreach (var part in Directory.EnumerateFiles(folder, "part-*.parquet").Order(StringComparer.Ordinal))
        {
            await using var reader = await Guard(part, () => ParquetReader.CreateAsync(part, cancellationToken: stopping));
            var columns = reader.Schema.Fields.Select(f => (Reads: ParquetColumn.Of(f), Leaf: Leaf(f))).Where(c => c.Reads is not null).ToArray();
            for (var index = 0; index < reader.RowGroupCount; index++)
            {
                stopping.ThrowIfCancellationRequested();
                using var group = reader.OpenRowGroupReader(index);
                var rows = await Guard(part, () => Task.FromResult(checked((int)group.RowCount)));
                var batch = Batch.Of(number++, rows);
                foreach (var (reads, leaf) in columns)
                {
                    var before = batch;
                    batch = await Guard(part, async () => before.WithValues(reads!.Column, await reads.ReadAsync(group, leaf!, rows, stopping)));
                }
                yield return batch;
            }
        }
    }

    private static DataField? Leaf(Field field) => field is ListField list ? list.Item as DataField : field as DataField;

    private static async Task<T> Guard<T>(string part, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception damaged) when (damaged is not (StageException or OperationCanceledException or OutOfMemoryException))
        {
            throw new StageException($"{part} in the store is damaged: {damaged.Message}  Delete its artifact's folder, and it is made anew.", damaged);
        }
    }
}
