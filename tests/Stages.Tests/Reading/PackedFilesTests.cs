using System.Text;
using DataflowRlhf.Stages.Reading;

namespace DataflowRlhf.Stages.Tests.Reading;

public sealed class PackedFilesTests : IDisposable
{
    private readonly Source source = new();

    public void Dispose() => source.Dispose();

    private static byte[] Lines(int from, int count) =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(from, count).Select(i => $$"""{"prompt": "Question {{i}}", "chosen": "yes {{new string((char)('a' + (i % 26)), i % 300)}}", "rejected": "no"}""" + "\n")));

    public static TheoryData<string> Packings() => ["gz", "zst"];

    private static byte[] Pack(string packing, byte[] bytes) => packing == "gz" ? Source.Gzip(bytes) : Source.Zstd(bytes);

    [Theory]
    [MemberData(nameof(Packings))]
    public async Task A_packed_file_reads_as_it_does_unpacked(string packing)
    {
        using var plain = await Source.Pairs(source.Bytes("a.jsonl", Lines(0, 4000)));
        using var packed = await Source.Pairs(source.Bytes($"b.jsonl.{packing}", Pack(packing, Lines(0, 4000))));
        packed.All(Columns.Chosen).Should().Equal(plain.All(Columns.Chosen)).And.HaveCount(4000);
        packed.All(Columns.RowId).Should().Equal(plain.All(Columns.RowId));
    }

    [Theory]
    [MemberData(nameof(Packings))]
    public async Task Members_and_frames_follow_one_another(string packing)
    {
        using var run = await Source.Pairs(source.Bytes($"a.jsonl.{packing}", Pack(packing, Lines(0, 1500)), Pack(packing, []), Pack(packing, Lines(1500, 500))));
        run.All(Columns.Prompt).Should().Equal(Enumerable.Range(0, 2000).Select(i => $"Question {i}"));
    }

    [Theory]
    [MemberData(nameof(Packings))]
    public async Task Wherever_a_packed_file_is_cut_it_is_one_clear_error(string packing)
    {
        var whole = Pack(packing, Lines(0, 60));
        foreach (var length in Enumerable.Range(0, whole.Length))
        {
            var path = source.Bytes($"a.jsonl.{packing}", whole[..length]);
            (await Source.Complaint(path)).Should().Match($"{path}*: *", $"cut at {length} of {whole.Length}");
        }
        (await Source.Pairs(source.Bytes($"a.jsonl.{packing}", whole))).Dispose();
    }

    [Theory]
    [MemberData(nameof(Packings))]
    public async Task Damage_is_an_error_or_changes_nothing(string packing)
    {
        var whole = Pack(packing, Lines(0, 300));
        using var intact = await Source.Pairs(source.Bytes($"whole.jsonl.{packing}", whole));
        var refused = 0;
        foreach (var place in Enumerable.Range(0, whole.Length).Where(i => i % 7 == 0))
        {
            var damaged = (byte[])whole.Clone();
            damaged[place] ^= 0x10;
            try
            {
                // gzip has a checksum; a zstd frame need not have one, and then a changed letter is what the file says.
                using var run = await Source.Pairs(source.Bytes($"a.jsonl.{packing}", damaged));
                if (packing == "gz")
                    run.All(Columns.Chosen).Should().Equal(intact.All(Columns.Chosen), $"byte {place}");
            }
            catch (Graph.StageException e)
            {
                e.Message.Should().Contain($"a.jsonl.{packing}");
                refused++;
            }
        }
        refused.Should().BeGreaterThan(0);
    }

    [Theory]
    [MemberData(nameof(Packings))]
    public async Task Other_bytes_are_named(string packing) =>
        (await Source.Complaint(source.Bytes($"a.jsonl.{packing}", Lines(0, 3)))).Should().Contain("a.jsonl." + packing).And.Contain("cannot be read beyond line 0");

    [Fact]
    public async Task Bytes_after_the_last_gzip_member_are_not_passed_over() =>
        (await Source.Complaint(source.Bytes("a.jsonl.gz", Source.Gzip(Lines(0, 3)), Encoding.UTF8.GetBytes("more")))).Should().Contain("other bytes follow");

    [Fact]
    public async Task A_small_file_that_unpacks_to_gigabytes_is_stopped_by_the_limit_of_a_line()
    {
        // 16,384 blocks of 128 KiB, each a letter and how often: 64 KiB that are 2 GiB of one line.
        byte[] header = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58];
        byte[] block = [0x02, 0x00, 0x10, (byte)'x'];
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var path = source.Bytes("a.jsonl.zst", [header, .. Enumerable.Repeat(block, 16_383), [0x03, 0x00, 0x10, (byte)'x']]);
        (await Source.Complaint(path)).Should().Contain("a.jsonl.zst:1: this line is longer than 64 MiB");
        (GC.GetTotalAllocatedBytes(precise: true) - before).Should().BeLessThan(400L << 20);
    }

    [Fact]
    public async Task The_stream_gives_up_its_memory_and_its_file()
    {
        var file = new MemoryStream(Source.Zstd(Lines(0, 10)));
        var stream = new ZstdStream(file);
        (await stream.ReadAsync(new byte[5])).Should().Be(5);
        stream.Dispose();
        stream.Dispose();
        file.CanRead.Should().BeFalse();
        await FluentActions.Awaiting(() => stream.ReadAsync(new byte[1 << 20], TestContext.Current.CancellationToken).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
    }
}
