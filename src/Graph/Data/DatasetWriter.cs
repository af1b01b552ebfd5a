using Parquet;
using Parquet.Schema;

namespace DataflowRlhf.Graph;

/// <summary>Writes batches as Parquet parts, one row group a batch: what is replayed later are the very batches that were streamed.</summary>
/// <param name="folder">Where <c>part-00000.parquet</c> and so on go.</param>
/// <param name="partBytes">A new part begins when a part holds about so many bytes, counted before compression.</param>
internal sealed class DatasetWriter(string folder, long partBytes = 256L << 20) : IAsyncDisposable
{
    /// <summary>A part's footer, which writer and reader hold in memory, tells of each row group.</summary>
    private const int MostGroups = 1000;
    private ParquetWriter? writer;
    private FileStream? stream;
    private ParquetColumn[] columns = [];
    private long inPart;
    private int parts, groups;

    public long Rows { get; private set; }

    /// <exception cref="StageException">The batch's columns are not those of the batches before it.</exception>
    public async Task WriteAsync(Batch batch, CancellationToken stopping)
    {
        if (columns.Length == 0)
            columns = [.. batch.Columns.Select(ParquetColumn.For)];
        else if (!columns.Select(c => c.Column).SequenceEqual(batch.Columns))
            throw new StageException($"Batch {batch.Number} has other columns than the first: {string.Join(", ", batch.Columns)} instead of {string.Join(", ", columns.Select(c => c.Column))}.");
        if (batch.Rows == 0)
            return;
        if (inPart >= partBytes || groups == MostGroups)
            await ClosePartAsync();
        await OpenPartAsync();
        using (var group = writer!.CreateRowGroup())
        {
            for (var i = 0; i < columns.Length; i++)
                await columns[i].WriteAsync(group, Leaf(columns[i].Field), batch.Values(columns[i].Column), stopping);
            group.CompleteValidate();
        }
        inPart += batch.Bytes;
        groups++;
        Rows += batch.Rows;
    }

    /// <summary>Ends the dataset; without a row it leaves one part of no rows, with these columns.</summary>
    public async Task CompleteAsync(IReadOnlyList<Column> declared)
    {
        if (parts == 0)
        {
            if (columns.Length == 0)
                columns = [.. declared.Select(ParquetColumn.For)];
            if (columns.Length > 0)
                await OpenPartAsync();
        }
        await ClosePartAsync();
    }

    public async ValueTask DisposeAsync() => await ClosePartAsync();

    private async Task OpenPartAsync()
    {
        if (writer is not null)
            return;
        stream = new FileStream(Path.Combine(folder, $"part-{parts++:00000}.parquet"), FileMode.CreateNew);
        writer = await ParquetWriter.CreateAsync(new ParquetSchema(columns.Select(c => c.Field).ToArray()), stream, new ParquetOptions { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = System.IO.Compression.CompressionLevel.Fastest });
    }

    private async Task ClosePartAsync()
    {
        var (ended, file) = (writer, stream);
        (writer, stream, inPart, groups) = (null, null, 0, 0);
        await using (file)
        await using (ended)
        {
        }
    }

    private static DataField Leaf(Field field) => field is ListField list ? (DataField)list.Item : (DataField)field;
}
