using System.Text;
using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Reading;

namespace DataflowRlhf.Stages.Tests.Reading;

public sealed class LineReaderTests
{
    /// <summary>Gives so many bytes at a time, as a slow network would.</summary>
    private sealed class Drops(byte[] bytes, int size) : ForwardStream(Null)
    {
        private int place;

        public override ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken stopping = default)
        {
            var count = Math.Min(Math.Min(size, into.Length), bytes.Length - place);
            bytes.AsMemory(place, count).CopyTo(into);
            place += count;
            return ValueTask.FromResult(count);
        }
    }

    private static async Task<List<string>> Lines(byte[] bytes, int size = 1 << 16, int limit = LineReader.Limit)
    {
        var reader = new LineReader(new Drops(bytes, size), "some.jsonl", limit);
        var lines = new List<string>();
        while (await reader.NextAsync(default) is { } line)
            lines.Add(Encoding.UTF8.GetString(line.Span));
        reader.Number.Should().Be(lines.Count);
        return lines;
    }

    [Theory]
    [InlineData("", new string[0])]
    [InlineData("a", new[] { "a" })]
    [InlineData("a\n", new[] { "a" })]
    [InlineData("a\n\nb", new[] { "a", "", "b" })]
    [InlineData("a\r\nb\r\n", new[] { "a", "b" })]
    [InlineData("a\rb\n", new[] { "a\rb" })]
    [InlineData("\uFEFFa\n\uFEFFb", new[] { "a", "\uFEFFb" })]
    [InlineData("\uFEFF", new string[0])]
    [InlineData("é\n", new[] { "é" })]
    public async Task Lines_end_with_a_feed_and_the_mark_at_the_front_goes(string text, string[] expected)
    {
        foreach (var size in new[] { 1, 2, 3, 100 })
            (await Lines(Encoding.UTF8.GetBytes(text), size)).Should().Equal(expected);
    }

    [Fact]
    public async Task Lines_of_every_length_come_whole()
    {
        var expected = Enumerable.Range(0, 60).Select(i => new string((char)('a' + (i % 26)), i * i * 61)).ToList();
        (await Lines(Encoding.UTF8.GetBytes(string.Join("\n", expected)), 7001)).Should().Equal(expected);
    }

    [Fact]
    public async Task A_line_may_be_as_long_as_the_limit_and_no_longer()
    {
        var limit = 1 << 20;
        (await Lines(Encoding.UTF8.GetBytes("a\n" + new string('x', limit) + "\nb"), limit: limit)).Should().HaveCount(3);
        var read = () => Lines(Encoding.UTF8.GetBytes("a\n" + new string('x', limit + 1)), limit: limit);
        (await read.Should().ThrowAsync<StageException>()).WithMessage("some.jsonl:2: this line is longer than 1 MiB.*");
    }

    [Fact]
    public async Task Utf_16_is_named()
    {
        foreach (var encoding in new[] { Encoding.Unicode, Encoding.BigEndianUnicode })
            (await FluentActions.Awaiting(() => Lines([.. encoding.GetPreamble(), .. encoding.GetBytes("{}")])).Should().ThrowAsync<StageException>())
                .WithMessage("*UTF-16*iconv*");
    }
}
