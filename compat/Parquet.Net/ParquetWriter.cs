using System.Buffers;
using System.Buffers.Binary;
using Parquet.Meta;
using Parquet.Schema;
using Parquet.Thrift;

namespace Parquet;

/// <summary>Writes a Parquet file, row group by row group. The file is complete after <see cref="DisposeAsync"/>.</summary>
public sealed class ParquetWriter : ParquetActor, IAsyncDisposable
{
    private readonly ParquetOptions options;
    private readonly ParquetSchema schema;
    private readonly List<RowGroup> rowGroups = [];
    private ParquetRowGroupWriter? open;
    private long position;
    private bool closed;

    private ParquetWriter(ParquetSchema schema, Stream output, ParquetOptions? options) : base(output)
    {
        this.schema = schema;
        this.options = options ?? new ParquetOptions();
    }

    /// <summary>The file's own notes, by key; may be set until the file is closed.</summary>
    public IReadOnlyDictionary<string, string> CustomMetadata { get; set; } = new Dictionary<string, string>();

    /// <summary>Begins a file, or goes on with the one in <paramref name="output"/> when <paramref name="append"/> (or the option) says so.</summary>
    /// <exception cref="ParquetException">The file to go on with has another schema, or a column's type cannot be stored.</exception>
    public static async Task<ParquetWriter> CreateAsync(ParquetSchema schema, Stream output, ParquetOptions? options = null, bool append = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(output);
        if (!output.CanWrite) throw new ArgumentException("The stream cannot be written to.", nameof(output));
        var writer = new ParquetWriter(schema, output, options);
        SchemaWriter.Write(schema);
        if (append || writer.options.Append) await writer.GoOnAsync(cancellationToken).ConfigureAwait(false);
        else await writer.PutAsync(Magic, cancellationToken).ConfigureAwait(false);
        return writer;
    }

    /// <summary>Begins the next row group; the one before must have been completed or disposed.</summary>
    public ParquetRowGroupWriter CreateRowGroup()
    {
        ObjectDisposedException.ThrowIf(closed, this);
        CloseRowGroup();
        return open = new ParquetRowGroupWriter(this, schema, options);
    }

    /// <summary>Writes the footer. A row group that lacks columns is left out of the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (closed) return;
        closed = true;
        CloseRowGroup();
        var footer = new ArrayBufferWriter<byte>();
        new FileMetaData
        {
            Version = 2,
            Schema = SchemaWriter.Write(schema),
            NumRows = rowGroups.Sum(g => g.NumRows),
            RowGroups = rowGroups,
            KeyValueMetadata = CustomMetadata.Count == 0 ? null : [.. CustomMetadata.Select(pair => new KeyValue { Key = pair.Key, Value = pair.Value })],
            CreatedBy = $"DataflowRlhf Parquet version {Globals.Version}",
        }.Write(new CompactWriter(footer));
        BinaryPrimitives.WriteInt32LittleEndian(footer.GetSpan(4), footer.WrittenCount);
        footer.Advance(4);
        footer.Write(Magic);
        await PutAsync(footer.WrittenMemory, CancellationToken.None).ConfigureAwait(false);
        if (Stream.CanSeek && Stream.Length > Stream.Position) Stream.SetLength(Stream.Position);
        await Stream.FlushAsync().ConfigureAwait(false);
    }

    /// <summary>Writes bytes and says where they begin.</summary>
    internal async Task<long> PutAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        long start = position;
        await Stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        position += bytes.Length;
        return start;
    }

    private void CloseRowGroup()
    {
        if (open?.Complete() is { } group) rowGroups.Add(group);
        open = null;
    }

    /// <summary>Takes the row groups of the file that is there, and writes on where its footer was.</summary>
    private async Task GoOnAsync(CancellationToken cancellationToken)
    {
        if (!Stream.CanSeek || !Stream.CanRead) throw new ArgumentException("To append, the stream must be readable and able to seek.");
        await using var reader = await ParquetReader.CreateAsync(Stream, cancellationToken: cancellationToken).ConfigureAwait(false);
        string Shape(IEnumerable<SchemaElement> elements) => string.Join(";", elements.Skip(1).Select(e => $"{e.Name} {e.Type} {e.TypeLength} {e.RepetitionType} {e.NumChildren ?? 0}"));
        if (Shape(SchemaWriter.Write(schema)) != Shape(reader.Metadata!.Schema))
            throw new ParquetException($"The file has another schema ({reader.Schema}) than the rows to append ({schema}). {schema.GetNotEqualsMessage(reader.Schema, "The new one", "the file's")}");
        rowGroups.AddRange(reader.Metadata.RowGroups);
        CustomMetadata = reader.CustomMetadata;
        Stream.Position = position = reader.FooterStart;
    }
}
