using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace DataflowRlhf.Bench;

internal static class ParquetBench
{
    private const int Rows = 1_000_000, PerGroup = 50_000;

    public static async Task<IEnumerable<Figure>> RunAsync()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("bench-").FullName, "rows.parquet");
        double[] write = new double[3], read = new double[3];
        for (var run = -1; run < 3; run++)
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            await WriteAsync(file);
            if (run >= 0)
                write[run] = Rows / clock.Elapsed.TotalSeconds / 1e6;
            clock.Restart();
            await ReadAsync(file);
            if (run >= 0)
                read[run] = Rows / clock.Elapsed.TotalSeconds / 1e6;
        }
        var size = new FileInfo(file).Length / 1e6;
        File.Delete(file);
        return [Figure.Of($"write a million rows, zstd ({size:0} MB)", "Mrows/s", write), Figure.Of("read them, every column", "Mrows/s", read)];
    }

    private static async Task WriteAsync(string file)
    {
        var schema = new ParquetSchema(new DataField<string>("prompt"), new DataField<string>("chosen"), new DataField<string>("rejected"),
            new ListField("ids", new DataField<int>("element")), new DataField<float>("score"), new DataField<double>("exact"));
        await using var stream = File.Create(file);
        await using var writer = await ParquetWriter.CreateAsync(schema, stream, new ParquetOptions { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = System.IO.Compression.CompressionLevel.Fastest });
        for (var from = 0; from < Rows; from += PerGroup)
        {
            using var group = writer.CreateRowGroup();
            var leaves = schema.DataFields;
            for (var column = 0; column < 3; column++)
                await group.WriteAsync(leaves[column], (string?[])[.. Enumerable.Range(from, PerGroup).Select(i => $"text {i} of column {column}, which differs in every row {i * 31 % 997}")]);
            int[] ids = new int[PerGroup * 8], definitions = new int[ids.Length], repetitions = new int[ids.Length];
            for (var i = 0; i < ids.Length; i++)
                (ids[i], definitions[i], repetitions[i]) = ((from + i) * 7919 % 8192, 2, i % 8 == 0 ? 0 : 1);
            await group.WriteAllPartsAsync<int>(leaves[3], ids.AsMemory(), definitions.AsMemory(), repetitions.AsMemory(), default);
            await group.WriteAsync<float>(leaves[4], ((float[])[.. Enumerable.Range(from, PerGroup).Select(i => i * 0.37f % 11)]).AsMemory());
            await group.WriteAsync<double>(leaves[5], ((double[])[.. Enumerable.Range(from, PerGroup).Select(i => i * 0.123 % 7)]).AsMemory());
        }
    }

    private static async Task ReadAsync(string file)
    {
        await using var reader = await ParquetReader.CreateAsync(file);
        var leaves = reader.Schema.DataFields;
        var texts = new string?[PerGroup];
        var floats = new float[PerGroup];
        var doubles = new double[PerGroup];
        for (var index = 0; index < reader.RowGroupCount; index++)
        {
            using var group = reader.OpenRowGroupReader(index);
            for (var column = 0; column < 3; column++)
                await group.ReadAsync(leaves[column], texts.AsMemory());
            using var ids = (RawColumnData<int>)await group.ReadRawColumnDataBaseAsync(leaves[3]);
            await group.ReadAsync<float>(leaves[4], floats.AsMemory());
            await group.ReadAsync<double>(leaves[5], doubles.AsMemory());
        }
    }
}
