using global::Parquet;

namespace DataflowRlhf.Parquet.Tests;

/// <summary>All that a file holds, by column.</summary>
internal static class Content
{
    public static readonly ParquetOptions Exact = new() { UseBigDecimal = true };

    public static async Task<Dictionary<string, List<string>>> ReadAsync(Stream stream)
    {
        await using var reader = await ParquetReader.CreateAsync(stream, Exact);
        return await ReadAsync(reader);
    }

    public static async Task<Dictionary<string, List<string>>> ReadAsync(ParquetReader reader)
    {
        var content = reader.Schema.DataFields.ToDictionary(f => f.Path.ToString(), _ => new List<string>());
        for (int g = 0; g < reader.RowGroupCount; g++)
        {
            using var group = reader.OpenRowGroupReader(g);
            foreach (var field in reader.Schema.DataFields)
            {
                using var raw = await group.ReadRawColumnDataBaseAsync(field);
                content[field.Path.ToString()].AddRange(Leaf.Of(field, raw));
            }
        }
        return content;
    }
}
