using System.Text;
using System.Text.Json;
using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Reading;
using Parquet;
using Parquet.Schema;

namespace DataflowRlhf.Stages.Tests.Reading;

/// <summary>How much is left is told from the first rows on, though nobody has counted them.</summary>
public sealed class ReadingProgressTests : IDisposable
{
    private readonly Source source = new();

    public void Dispose() => source.Dispose();

    /// <summary>Half of the rows, with a tenth of the bytes, then the other half.</summary>
    private static List<byte[]> Uneven(int rows) =>
        [.. Enumerable.Range(0, rows).Select(i => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(Source.Pair($"question {i}", Noise(i, i < rows / 2 ? 200 : 2000))) + "\n"))];

    /// <summary>Letters that cannot be packed to nothing.</summary>
    private static string Noise(int seed, int letters)
    {
        var random = new Random(seed);
        return string.Concat(Enumerable.Range(0, letters).Select(_ => (char)('a' + random.Next(26))));
    }

    private static void MustEnd(TestStageRun run, List<byte[]> rows)
    {
        run.Progressed.Should().HaveCountGreaterThan(10);
        run.Progressed[^1].Should().Be((rows.Count, (long?)rows.Count, "rows"));
    }

    [Theory]
    [InlineData("jsonl.gz")]
    [InlineData("jsonl.zst")]
    public async Task Of_a_packed_file_the_bytes_that_were_read_tell_how_much_is_left(string ending)
    {
        var rows = Uneven(6000);
        byte[] bytes = [.. rows.SelectMany(r => r)];
        using var run = await Source.Pairs(source.Bytes($"a.{ending}", ending.EndsWith("gz", StringComparison.Ordinal) ? Source.Gzip(bytes) : Source.Zstd(bytes)));
        MustEnd(run, rows);
        foreach (var (done, total, _) in run.Progressed)
            ((double)done / total!.Value).Should().BeApproximately(rows.Take((int)done).Sum(r => r.Length) / (double)bytes.Length, 0.05);
    }

    [Fact]
    public async Task Of_a_text_the_rows_are_known_from_its_beginning_though_they_differ_in_length()
    {
        var rows = Uneven(6000);
        using var run = await Source.Pairs(source.Bytes("a.jsonl", [.. rows]));
        MustEnd(run, rows);
        run.Progressed.Should().OnlyContain(p => p.Total > 0.93 * rows.Count && p.Total < 1.07 * rows.Count);
    }

    [Fact]
    public async Task Rows_that_are_put_aside_are_not_counted_in()
    {
        var rows = Uneven(6000);
        using var run = await Source.Pairs(source.Bytes("a.jsonl", [.. rows.Select((r, i) => i % 3 == 1 ? "{}\n"u8.ToArray() : r)]));
        run.Progressed[^1].Should().Be((4000L, (long?)4000L, "rows"));
        run.Progressed[run.Progressed.Count / 2].Total!.Value.Should().BeCloseTo(4000, 300);
    }

    [Fact]
    public async Task All_files_of_a_folder_count_also_those_behind_a_link()
    {
        var rows = Uneven(6000);
        source.Bytes("a.jsonl", [.. rows[..4000]]);
        var elsewhere = Directory.CreateTempSubdirectory("linked-");
        try
        {
            var target = Path.Combine(elsewhere.FullName, "blob");
            await File.WriteAllBytesAsync(target, [.. rows[4000..].SelectMany(r => r)]);
            File.CreateSymbolicLink(source.Path("b.jsonl"), target);
            using var run = await Source.Pairs(source.Folder);
            MustEnd(run, rows);
            run.Progressed.Should().OnlyContain(p => p.Total > 0.93 * rows.Count && p.Total < 1.07 * rows.Count);
        }
        finally
        {
            elsewhere.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Prompts_alone_tell_it_too_and_no_more_than_max_rows_is_promised()
    {
        var file = source.Bytes("a.jsonl", [.. Uneven(6000)]);
        using (var run = await Source.Prompts(file))
            run.Progressed.Should().OnlyContain(p => p.Total != null);
        using var few = await Source.Pairs(file, o => o with { MaxRows = 2000 });
        few.Progressed.Should().OnlyContain(p => p.Total == 2000);
    }

    [Fact]
    public async Task A_parquet_file_knows_its_rows()
    {
        var file = source.Path("a.parquet");
        string[] names = ["prompt", "chosen", "rejected"];
        var fields = names.Select(n => new DataField<string>(n)).ToArray();
        var schema = new ParquetSchema(fields);
        await using (var stream = File.Create(file))
        await using (var writer = await ParquetWriter.CreateAsync(schema, stream))
            foreach (var (first, count) in (ValueTuple<int, int>[])[(0, 3000), (3000, 500)])
            {
                using var group = writer.CreateRowGroup();
                foreach (var field in fields)
                    await group.WriteAsync(field, Enumerable.Range(first, count).Select(string? (i) => $"{field.Name} {i}").ToArray());
            }
        using var run = await Source.Pairs(file);
        run.Progressed.Should().HaveCountGreaterThan(10).And.OnlyContain(p => p.Total == 3500);
    }
}
