using Parquet.Meta;
using Parquet.Schema;

namespace Parquet;

/// <summary>Reads a Parquet file: the footer first, then the columns that are asked for, row group by row group.</summary>
public class ParquetReader : ParquetActor, IAsyncDisposable
{
    private readonly bool leaveStreamOpen;
    private readonly ParquetOptions options;
    private FileMetaData metadata = new();
    private ParquetSchema schema = null!;
    private List<ParquetRowGroupReader> rowGroups = [];

    private ParquetReader(Stream input, ParquetOptions? options, bool leaveStreamOpen) : base(input)
    {
        this.options = options ?? new ParquetOptions();
        this.leaveStreamOpen = leaveStreamOpen;
    }

    /// <summary>The file's own notes, by key.</summary>
    public Dictionary<string, string> CustomMetadata { get; } = [];

    public int RowGroupCount => rowGroups.Count;

    public ParquetSchema Schema => schema;

    public FileMetaData? Metadata => metadata;

    public IReadOnlyList<ParquetRowGroupReader> RowGroups => rowGroups;

    /// <summary>Where the footer begins.</summary>
    internal long FooterStart { get; private set; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">It is not a Parquet file.</exception>
    /// <exception cref="ParquetException">Its footer is damaged.</exception>
    public static async Task<ParquetReader> CreateAsync(string filePath, ParquetOptions? parquetOptions = null, CancellationToken cancellationToken = default)
    {
        var stream = new FileStream(filePath, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        return await CreateAsync(stream, parquetOptions, leaveStreamOpen: false, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="CreateAsync(string, ParquetOptions?, CancellationToken)"/>
    public static async Task<ParquetReader> CreateAsync(Stream input, ParquetOptions? parquetOptions = null, bool leaveStreamOpen = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        var reader = new ParquetReader(input, parquetOptions, leaveStreamOpen);
        try
        {
            await reader.ReadFooterAsync(cancellationToken).ConfigureAwait(false);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public static async Task<ParquetSchema> ReadSchemaAsync(string filePath)
    {
        await using var reader = await CreateAsync(filePath).ConfigureAwait(false);
        return reader.Schema;
    }

    public static async Task<ParquetSchema> ReadSchemaAsync(Stream parquetStream)
    {
        await using var reader = await CreateAsync(parquetStream).ConfigureAwait(false);
        return reader.Schema;
    }

    /// <param name="index">From 0 to <see cref="RowGroupCount"/> − 1.</param>
    public ParquetRowGroupReader OpenRowGroupReader(int index) => index >= 0 && index < rowGroups.Count
        ? rowGroups[index]
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"The file has {rowGroups.Count} row groups, counted from 0.");

    public async ValueTask DisposeAsync()
    {
        if (!leaveStreamOpen) await Stream.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    private async Task ReadFooterAsync(CancellationToken cancellationToken)
    {
        byte[] footer = new byte[await FooterLengthAsync(cancellationToken).ConfigureAwait(false)];
        FooterStart = Stream.Length - TailBytes - footer.Length;
        Stream.Position = FooterStart;
        await Stream.ReadExactlyAsync(footer, cancellationToken).ConfigureAwait(false);
        metadata = FileMetaData.Read(footer);
        schema = new SchemaReader(metadata.Schema, options).Read();
        FooterCheck.Check(metadata, schema, FooterStart);
        foreach (var pair in metadata.KeyValueMetadata ?? []) CustomMetadata[pair.Key] = pair.Value ?? string.Empty;
        rowGroups = [.. metadata.RowGroups.Select(group => new ParquetRowGroupReader(group, schema, Stream))];
    }
}
