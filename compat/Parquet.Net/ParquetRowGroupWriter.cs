using Parquet.Columns;
using Parquet.Meta;
using Parquet.Schema;

namespace Parquet;

/// <summary>Writes the columns of one row group, in the schema's order.</summary>
public class ParquetRowGroupWriter : IDisposable
{
    private readonly ParquetWriter writer;
    private readonly ParquetSchema schema;
    private readonly ParquetOptions options;
    private readonly RowGroup group = new() { NumRows = -1 };

    internal ParquetRowGroupWriter(ParquetWriter writer, ParquetSchema schema, ParquetOptions options)
    {
        this.writer = writer;
        this.schema = schema;
        this.options = options;
    }

    /// <summary>Writes a column of text: one item for each level; null is no text (in a list that takes no null: an empty list).</summary>
    /// <exception cref="ArgumentException">It is not this column's turn, its type is another, or the number of rows is not the other columns'.</exception>
    public Task WriteAsync(DataField field, IReadOnlyCollection<string?> values, ReadOnlyMemory<int>? repetitionLevels = null)
    {
        var items = new ReadOnlyMemory<char>?[values.Count];
        int i = 0;
        foreach (string? value in values) items[i++] = value?.AsMemory();
        return WriteAsync<ReadOnlyMemory<char>>(field, items.AsMemory(), repetitionLevels);
    }

    /// <summary>Writes a column of byte arrays: one item for each level; null is none.</summary>
    /// <inheritdoc cref="WriteAsync(DataField, IReadOnlyCollection{string?}, ReadOnlyMemory{int}?)" path="/exception"/>
    public Task WriteAsync(DataField field, IReadOnlyCollection<byte[]?> values, ReadOnlyMemory<int>? repetitionLevels = null)
    {
        var items = new ReadOnlyMemory<byte>?[values.Count];
        int i = 0;
        foreach (byte[]? value in values) items[i++] = value == null ? default(ReadOnlyMemory<byte>?) : value;
        return WriteAsync<ReadOnlyMemory<byte>>(field, items.AsMemory(), repetitionLevels);
    }

    /// <summary>Writes a column with nulls: one item for each level; null is one level below a value (a null, or an empty list where the item takes no null).</summary>
    /// <inheritdoc cref="WriteAsync(DataField, IReadOnlyCollection{string?}, ReadOnlyMemory{int}?)" path="/exception"/>
    public Task WriteAsync<T>(
        DataField field, ReadOnlyMemory<T?> values, ReadOnlyMemory<int>? repetitionLevels = null, Dictionary<string, string>? customMetadata = null,
        CancellationToken cancellationToken = default)
        where T : struct
    {
        var own = Next(field, typeof(T));
        int max = own.MaxDefinitionLevel;
        int[]? definitions = max == 0 ? null : new int[values.Length];
        var present = new T[values.Length];
        int count = 0;
        var span = values.Span;
        for (int i = 0; i < span.Length; i++)
        {
            if (span[i] is not { } value)
            {
                if (definitions == null) throw new ArgumentException($"The column '{own.Path}' takes no nulls, but item {i} is null. Declare the field as nullable.", nameof(values));
                definitions[i] = max - 1;
                continue;
            }
            present[count++] = value;
            if (definitions != null) definitions[i] = max;
        }
        return PutAsync(own, new ColumnParts<T>(present.AsMemory(0, count), Levels(definitions), repetitionLevels), customMetadata, cancellationToken);
    }

    /// <summary>Writes a column in which every value is there.</summary>
    /// <inheritdoc cref="WriteAsync(DataField, IReadOnlyCollection{string?}, ReadOnlyMemory{int}?)" path="/exception"/>
    public Task WriteAsync<T>(
        DataField field, ReadOnlyMemory<T> values, ReadOnlyMemory<int>? repetitionLevels = null, Dictionary<string, string>? customMetadata = null,
        CancellationToken cancellationToken = default)
        where T : struct
    {
        var own = Next(field, typeof(T));
        if (own.MaxRepetitionLevel > 0 && !own.IsArray)
            throw new ParquetException($"The column '{own.Path}' is inside a list: definition levels are not ready yet. Write {typeof(T).Name}? items with repetition levels, or all parts with WriteAllPartsAsync.");
        int[]? definitions = null;
        if (own.MaxDefinitionLevel > 0)
        {
            definitions = new int[values.Length];
            Array.Fill(definitions, own.MaxDefinitionLevel);
        }
        return PutAsync(own, new ColumnParts<T>(values, Levels(definitions), repetitionLevels), customMetadata, cancellationToken);
    }

    /// <summary>Writes a column from its parts: the values that are there, and both kinds of levels as the column has them.</summary>
    /// <inheritdoc cref="WriteAsync(DataField, IReadOnlyCollection{string?}, ReadOnlyMemory{int}?)" path="/exception"/>
    public Task WriteAllPartsAsync<T>(DataField field, ReadOnlyMemory<T> values, ReadOnlyMemory<int>? definitionValues, ReadOnlyMemory<int>? repetitionLevels, CancellationToken cancellationToken)
        where T : struct =>
        PutAsync(Next(field, typeof(T)), new ColumnParts<T>(values, definitionValues, repetitionLevels), null, cancellationToken);

    /// <summary>Checks that all columns have been written.</summary>
    /// <exception cref="ParquetException">Some have not.</exception>
    public void CompleteValidate()
    {
        int written = group.Columns.Count;
        if (written < schema.DataFields.Length)
            throw new ParquetException($"{written} of {schema.DataFields.Length} columns of the row group are written. Still to come: {string.Join(", ", schema.DataFields.Skip(written).Select(f => f.Path.ToString()))}.");
    }

    public void Dispose() => GC.SuppressFinalize(this);

    /// <summary>The row group for the footer; null when columns are missing.</summary>
    internal RowGroup? Complete() => group.Columns.Count == schema.DataFields.Length ? group : null;

    /// <summary>Null stays null; the language's own conversion would make empty levels of it.</summary>
    private static ReadOnlyMemory<int>? Levels(int[]? levels) => levels == null ? default(ReadOnlyMemory<int>?) : levels;

    private DataField Next(DataField field, System.Type type)
    {
        ArgumentNullException.ThrowIfNull(field);
        int at = group.Columns.Count;
        if (at == schema.DataFields.Length) throw new ArgumentException($"All {at} columns of this row group are written; '{field.Path}' is one too many. Begin the next row group.", nameof(field));
        var own = schema.DataFields[at];
        if (!own.Path.Equals(field.Path)) throw new ArgumentException($"Columns are written in the schema's order: '{own.Path}' is next, not '{field.Path}'.", nameof(field));
        if (own.ClrType != type) throw new ArgumentException($"The column '{own.Path}' holds {own.ClrType.Name}, not {type.Name}.", nameof(field));
        return own;
    }

    private async Task PutAsync<T>(DataField field, ColumnParts<T> parts, Dictionary<string, string>? customMetadata, CancellationToken cancellationToken) where T : struct
    {
        LevelCheck.Check(field, parts);
        if (group.NumRows >= 0 && parts.Rows != group.NumRows) throw new ArgumentException($"The column '{field.Path}' has {parts.Rows} rows, the columns before it have {group.NumRows}.");
        var hint = options.ColumnEncodingHints.TryGetValue(field.Path.ToString(), out var wanted) ? wanted : EncodingHint.Default;
        using var chunk = ((ColumnBinding<T>)Bindings.For(field)).Encode(field, parts, options, hint, customMetadata);
        long start = await writer.PutAsync(chunk.Bytes.Memory, cancellationToken).ConfigureAwait(false);
        var meta = chunk.Meta;
        meta.DataPageOffset += start;
        if (meta.DictionaryPageOffset != null) meta.DictionaryPageOffset += start;
        if (group.Columns.Count == 0) group.FileOffset = start;
        group.NumRows = parts.Rows;
        group.TotalByteSize += meta.TotalUncompressedSize;
        group.TotalCompressedSize = (group.TotalCompressedSize ?? 0) + meta.TotalCompressedSize;
        group.Columns.Add(new ColumnChunk { MetaData = meta });
    }
}
