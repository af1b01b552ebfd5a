using System.Diagnostics;
using System.Text;

namespace DataflowRlhf.Graph.Tests.Pipeline;

/// <summary>Pipeline and params files that nobody means well with: each gets a clear mistake in bounded time and memory.</summary>
public sealed class HostileFileTests : IDisposable
{
    private const long MostBytes = 600L << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private readonly string folder = Directory.CreateTempSubdirectory("hostile-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static readonly Dictionary<string, (Func<byte[]> Bytes, string Words)> Files = new()
    {
        ["empty"] = (() => [], "is empty"),
        ["blank"] = (() => "\n\n  \n"u8.ToArray(), "is empty"),
        ["comment only"] = (() => "# nothing\n"u8.ToArray(), "is empty"),
        ["deep lists"] = (() => Text("pipeline: " + new string('[', 50_000)), "nested deeper"),
        ["deep maps"] = (() => Text("pipeline: " + string.Concat(Enumerable.Repeat("{a: ", 50_000))), "nested deeper"),
        ["deep blocks"] = (() => Text(string.Concat(Enumerable.Range(0, 1_000).Select(i => new string(' ', i) + "a:\n"))), "nested deeper"),
        ["deep dashes"] = (() => Text(string.Concat(Enumerable.Repeat("- ", 50_000)) + "a"), "nested deeper"),
        ["aliases of aliases"] = (() => Text("a: &a [x, x]\n" + string.Concat("bcdefghijk".Select(c => $"{c}: &{c} [*{(char)(c - 1)}, *{(char)(c - 1)}]\n"))), "an anchor"),
        ["alias of nothing"] = (() => Text("pipeline: *who\n"), "an alias"),
        ["alias of itself"] = (() => Text("a: &a [*a]\n"), "an anchor"),
        ["merge key"] = (() => Text("stages:\n  <<: { a: 1 }\n"), "a merge key"),
        ["anchored key"] = (() => Text("&k pipeline: p\n"), "an anchor"),
        ["tag"] = (() => Text("pipeline: !!python/object:os.system x\n"), "the tag"),
        ["local tag"] = (() => Text("pipeline: !include /etc/passwd\n"), "the tag"),
        ["binary tag"] = (() => Text("pipeline: !!binary aGk=\n"), "the tag"),
        ["tag directive"] = (() => Text("%TAG ! tag:example.com,2000:\n---\npipeline: !x p\n"), "the tag"),
        ["unknown directive"] = (() => Text("%HELLO\npipeline: p\n"), "names no stages"),
        ["key twice"] = (() => Text("pipeline: a\npipeline: b\n"), "stands here twice"),
        ["a map as key"] = (() => Text("? { a: b }\n: c\n"), "a key must be plain text"),
        ["two documents"] = (() => Text("pipeline: a\n---\npipeline: b\n"), "a second document"),
        ["a tab on a later line"] = (() => Text("pipeline: x\nseed: 1\nstages:\n\ta: { uses: some-words }\n"), "starts with a tab"),
        ["a tab"] = (() => Text("stages:\n\ta: { uses: some-words }\n"), "starts with a tab"),
        ["a zero byte"] = (() => Text("pipeline: a\0b\n"), "a zero byte"),
        ["bad UTF-8"] = (() => [.. "pipeline: "u8, 0xC3, 0x28], "is not UTF-8 here (byte 0xC3)"),
        ["overlong UTF-8"] = (() => [.. "pipeline: "u8, 0xC0, 0xAF], "is not UTF-8"),
        ["a lone surrogate"] = (() => [.. "pipeline: "u8, 0xED, 0xA0, 0x80], "is not UTF-8"),
        ["UTF-16"] = (() => [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("pipeline: p")], "is UTF-16"),
        ["UTF-16, big end first"] = (() => [.. Encoding.BigEndianUnicode.GetPreamble(), .. Encoding.BigEndianUnicode.GetBytes("pipeline: p")], "is UTF-16"),
        ["UTF-16 without a mark"] = (() => Encoding.Unicode.GetBytes("pipeline: p"), "is UTF-16"),
        ["random bytes"] = (() => Noise(4_096), "is not"),
        ["a program"] = (() => [0x7F, .. "ELF"u8, 2, 1, 1, 0, 0, 0], "a zero byte"),
        ["100 MB"] = (() => Encoding.ASCII.GetBytes(new string('a', 100_000_000)), "is too long"),
        ["a line of 50 MB"] = (() => Encoding.ASCII.GetBytes("pipeline: " + new string('a', 50_000_000)), "is too long"),
        ["a line of 3 MB"] = (() => Text("pipeline: p\nstages: " + new string('a', 3_000_000)), "is a map of names to stages"),
        ["a key of 1 MB"] = (() => Text($"pipeline: p\n\"{new string('k', 1_000_000)}\": 1\n"), "is not YAML here"),
        ["a million keys"] = (() => Text("params:\n" + string.Concat(Enumerable.Range(0, 300_000).Select(i => $" k{i}: 1\n"))), "more than 100,000"),
        ["a million items"] = (() => Text("params: [" + string.Concat(Enumerable.Repeat("a,", 1_000_000)) + "]"), "more than 100,000"),
        ["the same key without end"] = (() => Text(string.Concat(Enumerable.Repeat("a: 1\n", 40_000))), "stands here twice"),
        ["an unclosed quote"] = (() => Text("pipeline: \"p\nstages: 1\n"), "is not YAML here"),
        ["an unclosed list"] = (() => Text("pipeline: ["), "is not YAML here"),
        ["a bracket in a plain text"] = (() => Text("pipeline: p\nstages:\n  a:\n    promises: [loss.\"a[b.c|\", rows > 3]\n  b: { uses: \"x\" }\n"), "is not YAML here"),
        ["only braces"] = (() => Text("{{{{"), "is not YAML here"),
        ["an unquoted sign"] = (() => Text("pipeline: p\nstages:\n  a:\n    promises:\n      rows: >= 1000\n"), "stands in quotes"),
        ["two colons"] = (() => Text("pipeline: a: b\n"), "stands in quotes"),
        ["control codes"] = (() => Text("pipeline: \"\\e[31mred\"\nstages: 3\n"), "is a map of names to stages"),
        ["a number too large"] = (() => Text("pipeline: p\nseed: 1e999\nstages: { a: { uses: some-words, with: { count: 99999999999999999999 } } }\n"), "is not a whole number"),
        ["no number"] = (() => Text("pipeline: p\nstages: { a: { uses: some-words }, b: { uses: some-lengths, from: a, with: { scale: NaN } } }\n"), "'NaN' is not a number"),
        ["infinity"] = (() => Text("pipeline: p\nstages: { a: { uses: some-words }, b: { uses: some-lengths, from: a, with: { scale: 1e39 } } }\n"), "is not a number"),
        ["placeholders without end"] = (() => Text("pipeline: p\nparams: { a: \"" + string.Concat(Enumerable.Repeat("${", 500_000)) + "\" }\nstages: { a: { uses: some-words } }\n"), ""),
        ["params that double"] = (() => Text("pipeline: p\nparams:\n  p0: xxxxxxxxxx\n" + string.Concat(Enumerable.Range(1, 60).Select(i => $"  p{i}: \"${{p{i - 1}}}${{p{i - 1}}}\"\n")) + "stages: { a: { uses: some-words } }\n"), "longer than"),
        ["texts times items"] = (() => Text("pipeline: p\nstages: { a: { uses: some-words, foreach: { v: \"1..1000\" }, with: { without: [" + string.Concat(Enumerable.Repeat("x,", 90_000)) + "] } } }\n"), "texts"),
        ["a long param everywhere"] = (() => Text($"pipeline: p\nparams: {{ a: {new string('x', 500_000)} }}\nstages: {{ a: {{ uses: some-words, with: {{ without: [" + string.Concat(Enumerable.Repeat("\"${a}\",", 5_000)) + "] } } }\n"), "longer than"),
        ["stages without end"] = (() => Text("pipeline: p\nstages: { a: { repeat: 1000, stages: { b: { uses: some-words, foreach: { v: \"1..1000\" } } } } }\n"), "more than 10,000 stages"),
        ["alternatives without end"] = (() => Text("pipeline: p\nstages: { a: { uses: some-lengths, from: \"" + string.Concat(Enumerable.Repeat("x | ", 100_000)) + "\" } }\n"), "there is no stage 'x'"),
        ["a byte order mark"] = (() => [0xEF, 0xBB, 0xBF, .. "pipeline: p\nstages: { a: { uses: some-wrods } }\n"u8], "there is no stage 'some-wrods'"),
        ["Windows lines"] = (() => Text("pipeline: p\r\nstages:\r\n  a: { uses: some-wrods }\r\n"), "there is no stage 'some-wrods'"),
    };

    public static TheoryData<string> Names() => [.. Files.Keys];

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(16).NextBytes(bytes);
        return bytes;
    }

    private static PipelineFile Bounded(Func<PipelineFile> check)
    {
        var before = GC.GetTotalAllocatedBytes();
        var work = Task.Run(check);
        work.Wait(Longest).Should().BeTrue("a check ends");
        (GC.GetTotalAllocatedBytes() - before).Should().BeLessThan(MostBytes);
        work.Result.Mistakes.All(m => m.Text.Length < 20_000).Should().BeTrue();
        return work.Result;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_hostile_file_is_a_clear_mistake(string name)
    {
        var (bytes, words) = Files[name];
        var path = Path.Combine(folder, "p.yaml");
        File.WriteAllBytes(path, bytes());
        var file = Bounded(() => PipelineFile.Check(path, [], Some.Stages));
        if (words.Length == 0)
            return;
        file.Graph.Should().BeNull();
        file.Mistakes.Should().Contain(m => m.Text.Contains(words)).And.OnlyContain(m => m.Line >= 0 && m.Column >= 0);
        Bounded(() => PipelineFile.Check(path, [], Some.Stages, [path])).Mistakes.Should().Contain(m => m.File == path, "a params file is read with the same care");
    }

    [Fact]
    public void What_is_no_plain_file_is_not_waited_for()
    {
        var pipe = Path.Combine(folder, "pipe");
        using (var made = Process.Start("mkfifo", [pipe]))
            made.WaitForExit();
        var good = Path.Combine(folder, "good.yaml");
        File.WriteAllText(good, "pipeline: p\nstages: { a: { uses: some-words } }\n");
        foreach (var (path, words) in new[] { (pipe, "is a pipe"), ("/dev/zero", "is a device"), ("/dev/null", "is a device"), (folder, "is a folder"), ("/no/such.yaml", "is not there"), ("", "is no path"), ("a\0b", "is no path") })
        {
            Bounded(() => PipelineFile.Check(path, [], Some.Stages)).Mistakes.Should().ContainSingle().Which.Text.Should().Contain(words);
            Bounded(() => PipelineFile.Check(good, [], Some.Stages, [path])).Mistakes.Should().ContainSingle().Which.Text.Should().Contain(words);
        }
        File.WriteAllText(good, "pipeline: p\nstages: { a: { uses: some-words, with: { path: pipe } } }\n");
        Bounded(() => PipelineFile.Check(good, [], Some.Stages)).Mistakes.Should().ContainSingle().Which.Text.Should().Contain("pipe' is a pipe, not a plain file");
    }

    [Fact]
    public void Links_in_a_ring_have_an_end()
    {
        var data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        File.WriteAllText(Path.Combine(data, "words.txt"), "a");
        foreach (var link in (string[])["one", "two", "three"])
            Directory.CreateSymbolicLink(Path.Combine(data, link), data);
        File.WriteAllText(Path.Combine(folder, "p.yaml"), "pipeline: p\nstages: { a: { uses: some-words, with: { path: data } } }\n");
        Bounded(() => PipelineFile.Check(Path.Combine(folder, "p.yaml"), [], Some.Stages)).Mistakes.Should().BeEmpty();
        PipelinePaths.Files(data).Should().Equal(Path.Combine(data, "words.txt"));
    }
}
