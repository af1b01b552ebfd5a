using Parquet.Meta;
using Parquet.Schema;

namespace Parquet;

/// <summary>Compares what a footer says with the schema, the file's length and what is possible at all, before anything is allocated for it.</summary>
internal static class FooterCheck
{
    private const long AlwaysPlausible = 1 << 24, PerByte = 1024;

    /// <exception cref="ParquetException">Something cannot be.</exception>
    public static void Check(FileMetaData footer, ParquetSchema schema, long dataEnd)
    {
        long rows = 0;
        for (int g = 0; g < footer.RowGroups.Count; g++)
        {
            var group = footer.RowGroups[g];
            string where = $"Row group {g}";
            if (group.NumRows is < 0 or > int.MaxValue) throw Broken($"{where} says it has {group.NumRows} rows");
            if (group.Columns.Count != schema.DataFields.Length) throw Broken($"{where} has {group.Columns.Count} columns where the schema has {schema.DataFields.Length}");
            for (int c = 0; c < group.Columns.Count; c++) Check(group.Columns[c], schema.DataFields[c], group.NumRows, dataEnd, where);
            rows += group.NumRows;
        }
        if (rows != footer.NumRows) throw Broken($"The footer says {footer.NumRows} rows, the row groups have {rows}");
    }

    /// <summary>Where a chunk's bytes begin: with its dictionary, where it has one.</summary>
    public static long Start(ColumnMetaData meta) => meta.DictionaryPageOffset is { } offset && offset > 0 && offset < meta.DataPageOffset ? offset : meta.DataPageOffset;

    private static void Check(ColumnChunk chunk, DataField field, long rows, long dataEnd, string group)
    {
        string where = $"{group}, column '{field.Path}',";
        if (chunk.FilePath != null) throw new ParquetException($"{where} says its data is in another file ({chunk.FilePath}); other files are not opened. Write it into one file.");
        if (chunk.IsEncrypted && chunk.MetaData == null) throw new ParquetException($"{where} is encrypted, which is not read. Write it without encryption.");
        if (chunk.MetaData is not { } meta) throw Broken($"{where} has no metadata");
        if (!meta.PathInSchema.SequenceEqual(field.Path.ToList(), StringComparer.Ordinal)) throw Broken($"{where} calls itself '{string.Join('.', meta.PathInSchema)}'");
        if (meta.Type != field.SchemaElement!.Type) throw Broken($"{where} is stored as {meta.Type}, but the schema says {field.SchemaElement.Type}");
        if (!Enum.IsDefined(meta.Codec)) throw new ParquetException($"{where} is packed with the unknown codec {(int)meta.Codec}. Write it with none, snappy, gzip, brotli, lz4 or zstd.");
        long start = Start(meta), size = meta.TotalCompressedSize;
        if (meta.NumValues < 0 || meta.NumValues > int.MaxValue) throw Broken($"{where} says it has {meta.NumValues} values");
        if (meta.NumValues == 0 && rows == 0) return;
        if (start < ParquetActor.Magic.Length || size <= 0 || start > dataEnd || size > dataEnd - start) throw Broken($"{where} says it takes {size} bytes from byte {start} on; the file's data ends at byte {dataEnd}");
        if (meta.NumValues > AlwaysPlausible + PerByte * size) throw Broken($"{where} says it has {meta.NumValues} values in {size} bytes");
        if (field.MaxRepetitionLevel == 0 ? meta.NumValues != rows : meta.NumValues < rows) throw Broken($"{where} has {meta.NumValues} values for {rows} rows");
    }

    private static ParquetException Broken(string what) => new($"{what}. The file is damaged; write it again.");
}
