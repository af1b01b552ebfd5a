using System.Text;

namespace DataflowRlhf.Stages.Tests.Reading;

public sealed class JsonLinesTests : IDisposable
{
    private const string Good = """{"prompt": "Q", "chosen": "yes", "rejected": "no"}""";

    private readonly Source source = new();

    public void Dispose() => source.Dispose();

    public static TheoryData<string, string> BadLines() => new()
    {
        { """{"prompt": "Q", "chosen": "yes", "chosen": "no", "rejected": "no"}""", "chosen" },
        { """{"prompt": "Q", "chosen": "yes", "rejected": "no", "x": {"a": 1, "a": 2}}""", "'a'" },
        { "{\"prompt\": \"Q\0\", \"chosen\": \"yes\", \"rejected\": \"no\"}", "0x00" },
        { "\0\0\0\0", "0x00" },
        { """{"prompt": "Q", "chosen": "\ud800", "rejected": "no"}""", "surrogate" },
        { """{"prompt": "Q", "chosen": "yes", "rejected": "no"} {}""", "not JSON" },
        { """{"prompt": "Q", "chosen": "yes", "rejected": "no", "x": NaN}""", "not JSON" },
        { """{"prompt": "Q", "chosen": "yes", "rejected": "no", "deep": """ + new string('[', 80) + new string(']', 80) + "}", "depth of 64" },
        { """{"prompt": "Q", "chosen": "yes", "rejected": "no", "deep": """ + new string('[', 200_000), "depth of 64" },
        { "[]", "no JSON object" },
        { "\"text\"", "no JSON object" },
    };

    [Theory]
    [MemberData(nameof(BadLines))]
    public async Task A_bad_line_is_put_aside_and_the_others_stay(string line, string reason)
    {
        using var run = await Source.Pairs(source.File("a.jsonl", Good, line, Good));
        run.All(Columns.Chosen).Should().Equal("yes", "yes");
        var aside = run.Quarantined.Should().ContainSingle().Subject;
        aside.RowId.Should().Be("a.jsonl:2");
        aside.Reason.Should().Contain(reason);
    }

    public static TheoryData<string> NotUtf8() => ["FF", "C080", "E282", "EDA080", "F5808080"];

    [Theory]
    [MemberData(nameof(NotUtf8))]
    public async Task Bytes_that_are_no_utf_8_are_not_guessed_at(string hex)
    {
        var wrong = Convert.FromHexString(hex);
        var line = Encoding.UTF8.GetBytes("""{"prompt": "Q", "chosen": "~", "rejected": "no"}""" + "\n");
        var at = Array.IndexOf(line, (byte)'~');
        using var run = await Source.Pairs(source.Bytes("a.jsonl", [.. line[..at], .. wrong, .. line[(at + 1)..]], line));
        run.All(Columns.Chosen).Should().Equal("~");
        run.Quarantined.Single().Reason.Should().Be("the line is not UTF-8");
    }

    [Fact]
    public async Task Marks_carriage_returns_and_blank_lines_change_nothing()
    {
        using var run = await Source.Pairs(source.Bytes("a.jsonl", [0xEF, 0xBB, 0xBF], Encoding.UTF8.GetBytes($"{Good}\r\n\r\n \t\r\n{Good}\r\n{Good}")));
        run.All(Columns.Chosen).Should().Equal("yes", "yes", "yes");
        run.Quarantined.Should().BeEmpty();
    }

    [Fact]
    public async Task An_escaped_nul_and_letters_beyond_the_first_plane_are_text()
    {
        using var run = await Source.Pairs(source.File("a.jsonl", """{"prompt": "Q\u0000?", "chosen": "\ud83d\ude00 😀", "rejected": "no\ttab"}"""));
        run.All(Columns.Prompt).Should().Equal("Q\0?");
        run.All(Columns.Chosen).Should().Equal("😀 😀");
        run.All(Columns.Rejected).Should().Equal("no\ttab");
    }

    [Fact]
    public async Task Damaged_lines_are_taken_or_put_aside_and_never_stop_the_reading()
    {
        var random = new Graph.SeededRandom(12);
        var line = Encoding.UTF8.GetBytes("""{"prompt": "Qé\u00e9", "chosen": "yes \"a\" 😀", "rejected": [{"role": "assistant", "content": "no"}]}""");
        var damaged = Enumerable.Range(0, 4000).Select(_ =>
        {
            var copy = (byte[])line.Clone();
            for (var changes = 1 + random.Next(3); changes > 0; changes--)
                copy[random.Next(copy.Length)] = (byte)(random.Next(4) == 0 ? random.Next(256) : random.Next(32, 127));
            return (byte[])[.. copy.Where(b => b is not ((byte)'\n' or (byte)'\r')), (byte)'\n'];
        }).ToArray();
        using var run = await Source.Pairs(source.Bytes("a.jsonl", [Encoding.UTF8.GetBytes(Good + "\n"), .. damaged]));
        (run.Emitted.Sum(b => b.Rows) + run.Quarantined.Count).Should().Be(4001);
        run.Emitted.Sum(b => b.Rows).Should().BeGreaterThan(100);
        run.Quarantined.Should().OnlyContain(q => q.Reason.Length > 10);
    }

    [Fact]
    public async Task Reading_stops_where_it_is_told_and_looks_no_further()
    {
        source.File("a.jsonl", Enumerable.Repeat(Good, 5));
        source.File("b.jsonl", "this is never read");
        source.Bytes("c.jsonl.gz", [1, 2, 3]);
        using var run = await Source.Pairs(source.Folder, o => o with { MaxRows = 5 });
        run.All(Columns.Chosen).Should().HaveCount(5);
        run.Quarantined.Should().BeEmpty();
    }

    [Fact]
    public async Task Files_are_read_in_the_order_of_their_names_whatever_their_kind()
    {
        Directory.CreateDirectory(source.Path("part"));
        source.File("b.jsonl", Source.Pair("3"));
        source.File("a.jsonl", Source.Pair("1"));
        source.Bytes("a.jsonl.zst", Source.Zstd(Encoding.UTF8.GetBytes("""{"prompt": "2", "chosen": "c", "rejected": "r"}""")));
        source.File("part/0.jsonl", Source.Pair("4"));
        source.File("notes.md", "nothing");
        using var all = await Source.Pairs(source.Folder);
        all.All(Columns.Prompt).Should().Equal("1", "2", "3", "4");
        using var glob = await Source.Pairs(source.Path("**/*.jsonl"));
        glob.All(Columns.Prompt).Should().Equal("1", "3", "4");
    }
}
