using System.Diagnostics;
using System.Text.Json;
using global::Parquet;

namespace DataflowRlhf.Parquet.Tests;

[Parity("parquet")]
public sealed class BadFilesTests
{
    private const long MostBytes = 48L << 20;

    public static TheoryData<string, string, bool> Changed
    {
        get
        {
            using var index = JsonDocument.Parse(File.ReadAllBytes(Bad("index.json")));
            var data = new TheoryData<string, string, bool>();
            foreach (var e in index.RootElement.EnumerateArray())
                data.Add(e.GetProperty("file").GetString()!, e.GetProperty("made_from").GetString()!, e.GetProperty("must").GetString() != "reject");
            return data;
        }
    }

    public static TheoryData<string> Fuzzed => [.. Fixtures.Files("*.parquet", "parquet", "bad", "fuzz")];

    public static TheoryData<string> Unchanged => [.. Fixtures.Files("_good_*.parquet", "parquet", "bad")];

    [Theory, MemberData(nameof(Changed))]
    public async Task A_file_that_lies_is_rejected_with_a_reason(string file, string madeFrom, bool mayBeRead)
    {
        var (content, error, bytes) = await TryReadAsync(Bad(file));
        bytes.Should().BeLessThan(MostBytes);
        if (mayBeRead && error == null) content.Should().BeEquivalentTo((await TryReadAsync(Bad(madeFrom))).Content);
        else error.Should().NotBeNull("{0} must not be read", file).And.Match(e => e is ParquetException || e is IOException);
        error?.Message.Length.Should().BeInRange(20, 400);
    }

    [Theory, MemberData(nameof(Fuzzed))]
    public async Task Damage_neither_crashes_nor_hangs_nor_eats_memory(string file)
    {
        var clock = Stopwatch.StartNew();
        var (_, error, bytes) = await TryReadAsync(Bad(Path.Combine("fuzz", file)));
        (error is null or ParquetException or IOException).Should().BeTrue("{0} is no clear answer", error);
        bytes.Should().BeLessThan(MostBytes);
        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5));
    }

    [Theory, MemberData(nameof(Unchanged))]
    public async Task The_file_before_the_change_is_read(string file) => (await TryReadAsync(Bad(file))).Error.Should().BeNull();

    [Fact]
    public async Task Every_single_damaged_byte_gets_a_clear_answer()
    {
        foreach (string name in new[] { "_good_list.parquet", "_good_snappy.parquet", "_good_delta.parquet", "_good_dict.parquet", "_good_v2.parquet" })
        {
            byte[] whole = await File.ReadAllBytesAsync(Path.Combine(Fixtures.Own, "parquet", "bad", name));
            for (int i = 0; i < whole.Length; i++)
            {
                byte[] damaged = [.. whole];
                damaged[i] ^= (byte)(1 << i % 8);
                var (_, error, bytes) = await TryReadAsync(damaged);
                (error is null or ParquetException or IOException).Should().BeTrue("byte {0} of {1} gives {2}", i, name, error);
                bytes.Should().BeLessThan(MostBytes);
            }
        }
    }

    private static string Bad(string name) => Fixtures.Path("parquet", "bad", name);

    private static async Task<(Dictionary<string, List<string>>? Content, Exception? Error, long Bytes)> TryReadAsync(string path) => await TryReadAsync(await File.ReadAllBytesAsync(path));

    /// <summary>A stream in memory never waits, so all that is allocated is this thread's.</summary>
    private static async Task<(Dictionary<string, List<string>>? Content, Exception? Error, long Bytes)> TryReadAsync(byte[] file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var content = await Content.ReadAsync(new MemoryStream(file));
            return (content, null, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        catch (Exception error)
        {
            return (null, error, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }
}
