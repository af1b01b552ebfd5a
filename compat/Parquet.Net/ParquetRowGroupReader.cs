using Parquet.Columns;
using Parquet.Data;
using Parquet.Meta;
using Parquet.Schema;

namespace Parquet;

/// <summary>Reads the columns of one row group, in any order.</summary>
public class ParquetRowGroupReader : IDisposable
{
    private readonly ParquetSchema schema;
    private readonly Stream stream;

    internal ParquetRowGroupReader(RowGroup rowGroup, ParquetSchema schema, Stream stream)
    {
        RowGroup = rowGroup;
        this.schema = schema;
        this.stream = stream;
    }

    public RowGroup RowGroup { get; }

    public long RowCount => RowGroup.NumRows;

    public bool ColumnExists(DataField field) => IndexOf(field) >= 0;

    /// <summary>Reads a column as the file has it: the values that are there into the beginning of <paramref name="values"/>, and the levels.</summary>
    /// <exception cref="ArgumentException">The type is not the column's, or a buffer is too small.</exception>
    /// <exception cref="ParquetException">The column's data is damaged.</exception>
    public async ValueTask ReadRawAsync<T>(DataField field, Memory<T> values, Memory<int>? definitionLevels, Memory<int>? repetitionLevels, CancellationToken cancellationToken = default)
        where T : struct
    {
        var column = await DecodeAsync<T>(field, cancellationToken).ConfigureAwait(false);
        Room(field, values.Length, column.Values.Length);
        column.Values.CopyTo(values);
        CopyLevels(field, column.Definitions, definitionLevels, column.Count);
        CopyLevels(field, column.Repetitions, repetitionLevels, column.Count);
    }

    /// <summary>Reads a column as the file has it; the result is a <see cref="RawColumnData{T}"/> of the field's <see cref="DataField.ClrType"/>.</summary>
    /// <exception cref="ParquetException">The column's data is damaged.</exception>
    public async ValueTask<RawColumnData> ReadRawColumnDataBaseAsync(DataField field, CancellationToken cancellationToken = default)
    {
        var own = Own(field, out var chunk);
        return Bindings.For(own).DecodeRaw(await LoadAsync(own, chunk, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Reads a column that can have no nulls.</summary>
    /// <inheritdoc cref="ReadRawAsync{T}" path="/exception"/>
    public async ValueTask ReadAsync<T>(DataField field, Memory<T> values, Memory<int>? repetitionLevels = null, CancellationToken cancellationToken = default)
        where T : struct
    {
        if (IndexOf(field) is >= 0 and var at && schema.DataFields[at].MaxDefinitionLevel > 0)
            throw new ArgumentException($"The column '{field.Path}' may have nulls. Read it into a Memory<{typeof(T).Name}?>.", nameof(values));
        var column = await DecodeAsync<T>(field, cancellationToken).ConfigureAwait(false);
        Room(field, values.Length, column.Count);
        column.Values.CopyTo(values);
        CopyLevels(field, column.Repetitions, repetitionLevels, column.Count);
    }

    /// <summary>Reads a column that may have nulls: one item for each level.</summary>
    /// <inheritdoc cref="ReadRawAsync{T}" path="/exception"/>
    public async ValueTask ReadAsync<T>(DataField field, Memory<T?> values, Memory<int>? repetitionLevels = null, CancellationToken cancellationToken = default)
        where T : struct
    {
        var column = await DecodeAsync<T>(field, cancellationToken).ConfigureAwait(false);
        Spread(field, column, values, v => (T?)v);
        CopyLevels(field, column.Repetitions, repetitionLevels, column.Count);
    }

    /// <summary>Reads a column of text: one item for each level, null where no text is.</summary>
    /// <inheritdoc cref="ReadRawAsync{T}" path="/exception"/>
    public async ValueTask ReadAsync(DataField field, Memory<string?> values, Memory<int>? repetitionLevels = null, CancellationToken cancellationToken = default)
    {
        var column = await DecodeAsync<ReadOnlyMemory<char>>(field, cancellationToken).ConfigureAwait(false);
        Spread(field, column, values, Bytes.ToText);
        CopyLevels(field, column.Repetitions, repetitionLevels, column.Count);
    }

    /// <summary>Reads a column of byte arrays: one item for each level, null where none is.</summary>
    /// <inheritdoc cref="ReadRawAsync{T}" path="/exception"/>
    public async ValueTask ReadAsync(DataField field, Memory<byte[]?> values, Memory<int>? repetitionLevels = null, CancellationToken cancellationToken = default)
    {
        var column = await DecodeAsync<ReadOnlyMemory<byte>>(field, cancellationToken).ConfigureAwait(false);
        Spread(field, column, values, v => v.ToArray());
        CopyLevels(field, column.Repetitions, repetitionLevels, column.Count);
    }

    public ColumnChunk? GetMetadata(DataField field) => IndexOf(field) is >= 0 and var index ? RowGroup.Columns[index] : null;

    public Dictionary<string, string> GetCustomMetadata(DataField field)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in GetMetadata(field)?.MetaData?.KeyValueMetadata ?? []) all[pair.Key] = pair.Value ?? string.Empty;
        return all;
    }

    public DataColumnStatistics? GetStatistics(DataField field)
    {
        if (GetMetadata(field)?.MetaData?.Statistics is not { } statistics) return null;
        var binding = Bindings.For(Own(field, out _));
        return new DataColumnStatistics(statistics.NullCount, statistics.DistinctCount, Value(statistics.MinValue ?? statistics.Min), Value(statistics.MaxValue ?? statistics.Max));

        object? Value(byte[]? bytes) => bytes == null ? null : binding.FromStatistic(bytes) is var value && value is ReadOnlyMemory<char> text ? Bytes.ToText(text) : value;
    }

    public void Dispose() => GC.SuppressFinalize(this);

    private async Task<DecodedColumn<T>> DecodeAsync<T>(DataField field, CancellationToken cancellationToken) where T : struct
    {
        var own = Own(field, out var chunk);
        if (own.ClrType != typeof(T)) throw new ArgumentException($"The column '{own.Path}' holds {own.ClrType.Name}, not {typeof(T).Name}. Read it into a buffer of that type.", nameof(field));
        var binding = (ColumnBinding<T>)Bindings.For(own);
        return binding.Decode(await LoadAsync(own, chunk, cancellationToken).ConfigureAwait(false));
    }

    private async Task<Chunk> LoadAsync(DataField field, ColumnMetaData meta, CancellationToken cancellationToken)
    {
        if (meta.NumValues == 0 && RowCount == 0) return new Chunk(field.Path.ToString(), meta, field.MaxDefinitionLevel, field.MaxRepetitionLevel, RowCount, default);
        if (meta.TotalCompressedSize > Array.MaxLength) throw new ParquetException($"The column '{field.Path}' takes {meta.TotalCompressedSize} bytes in one row group; {Array.MaxLength} are the most that is read. Write smaller row groups.");
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)meta.TotalCompressedSize);
        stream.Position = FooterCheck.Start(meta);
        await stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        return new Chunk(field.Path.ToString(), meta, field.MaxDefinitionLevel, field.MaxRepetitionLevel, RowCount, bytes);
    }

    private int IndexOf(DataField field)
    {
        ArgumentNullException.ThrowIfNull(field);
        int same = Array.FindIndex(schema.DataFields, f => ReferenceEquals(f, field));
        return same >= 0 ? same : Array.FindIndex(schema.DataFields, f => f.Path.Equals(field.Path));
    }

    private DataField Own(DataField field, out ColumnMetaData meta)
    {
        int index = IndexOf(field);
        if (index < 0) throw new ArgumentException($"The file has no column '{field.Path}'. It has: {string.Join(", ", schema.DataFields.Select(f => f.Path.ToString()))}.", nameof(field));
        meta = RowGroup.Columns[index].MetaData!;
        return schema.DataFields[index];
    }

    private static void Spread<T, TItem>(DataField field, DecodedColumn<T> column, Memory<TItem?> into, Converter<T, TItem?> convert)
    {
        Room(field, into.Length, column.Count);
        var span = into.Span;
        int next = 0;
        for (int i = 0; i < column.Count; i++)
            span[i] = column.Definitions == null || column.Definitions[i] == column.MaxDefinition ? convert(column.Values[next++]) : default;
    }

    private static void CopyLevels(DataField field, int[]? levels, Memory<int>? into, int count)
    {
        if (into is not { } memory) return;
        Room(field, memory.Length, count);
        if (levels == null) memory.Span[..count].Clear();
        else levels.CopyTo(memory);
    }

    private static void Room(DataField field, int have, int need)
    {
        if (have < need) throw new ArgumentException($"The column '{field.Path}' has {need} values, but the buffer holds {have}. Take the number from GetMetadata(field).MetaData.NumValues.");
    }
}
