using System.IO.Compression;
using global::Parquet;
using global::Parquet.Schema;

namespace DataflowRlhf.Parquet.Tests;

/// <summary>Files made in memory.</summary>
internal static class Some
{
    public static ParquetOptions Options(CompressionMethod method = CompressionMethod.Snappy, params (string Column, EncodingHint Hint)[] hints)
    {
        var options = new ParquetOptions { CompressionMethod = method, CompressionLevel = CompressionLevel.Fastest };
        foreach (var (column, hint) in hints) options.ColumnEncodingHints[column] = hint;
        return options;
    }

    /// <summary>A file with one row group for each of <paramref name="groups"/>.</summary>
    public static async Task<MemoryStream> FileAsync(ParquetSchema schema, ParquetOptions options, params Func<ParquetRowGroupWriter, Task>[] groups)
    {
        var stream = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(schema, stream, options))
        {
            foreach (var write in groups)
            {
                using var group = writer.CreateRowGroup();
                await write(group);
                group.CompleteValidate();
            }
        }
        return stream;
    }

    /// <summary>Writes one column and reads it back.</summary>
    public static async Task<T?[]> RoundTripAsync<T>(DataField field, T?[] values, ParquetOptions? options = null) where T : struct
    {
        using var stream = await FileAsync(new ParquetSchema(field), options ?? Options(), group => group.WriteAsync<T>(field, values.AsMemory()));
        await using var reader = await ParquetReader.CreateAsync(stream, Content.Exact);
        var read = new T?[values.Length];
        await reader.OpenRowGroupReader(0).ReadAsync(reader.Schema.DataFields[0], read.AsMemory());
        return read;
    }
}
