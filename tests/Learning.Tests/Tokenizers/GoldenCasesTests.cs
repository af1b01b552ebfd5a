using System.Text.Json;
using DataflowRlhf.Learning.Tokenizers;

namespace DataflowRlhf.Learning.Tests.Tokenizers;

/// <summary>Every case of every tokenizer folder.</summary>
[Parity("tokenizers")]
public sealed class GoldenCasesTests
{
    public static TheoryData<string> Names() => [.. Folders.All];

    [Theory]
    [MemberData(nameof(Names))]
    public void Texts_get_the_ids_that_they_must_get(string folder)
    {
        var tokenizer = TextTokenizer.Load(folder);
        foreach (var line in Folders.Lines(folder, "cases.jsonl"))
            tokenizer.Encode(line.GetProperty("text").GetString()!).Should().Equal(Ids(line), "{0}", line.GetProperty("name"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Ids_get_their_texts_back(string folder)
    {
        var tokenizer = TextTokenizer.Load(folder);
        foreach (var line in Folders.Lines(folder, "cases.jsonl").Concat(Folders.Lines(folder, "decode_cases.jsonl")))
        {
            Check(line, "decoded", skipSpecial: false);
            Check(line, "decoded_skip_special", skipSpecial: true);
        }

        void Check(JsonElement line, string name, bool skipSpecial)
        {
            if (!line.TryGetProperty(name, out var expected) || expected.ValueKind is not (JsonValueKind.String or JsonValueKind.True))
                return;
            var text = expected.ValueKind == JsonValueKind.True ? line.GetProperty("text").GetString() : expected.GetString();
            tokenizer.Decode(Ids(line), skipSpecial).Should().Be(text, "{0}", line.GetProperty("ids"));
        }
    }

    [Fact]
    public void The_frame_around_a_text_is_that_of_the_file()
    {
        foreach (var folder in Folders.All.Where(f => File.Exists(Path.Combine(f, "special.json"))))
        {
            var special = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(folder, "special.json")));
            var tokenizer = TextTokenizer.Load(folder);
            tokenizer.PrefixIds.Should().Equal(special.GetProperty("prefix_ids").EnumerateArray().Select(i => i.GetInt32()));
            tokenizer.SuffixIds.Should().Equal(special.GetProperty("suffix_ids").EnumerateArray().Select(i => i.GetInt32()));
            tokenizer.VocabSize.Should().Be(special.GetProperty("vocab_size_with_added").GetInt32());
        }
        TextTokenizer.Load(Path.Combine(Folders.Own, "llama2-small")).PrefixIds.Should().Equal(1);
    }

    [Fact]
    public void A_plain_loop_finds_the_same_ids()
    {
        var folder = Path.Combine(Folders.Own, "gpt2-small");
        var tokenizer = TextTokenizer.Load(folder);
        var plain = PlainByteLevel.Load(folder);
        foreach (var line in Folders.Lines(folder, "cases.jsonl"))
        {
            var text = line.GetProperty("text").GetString()!;
            if (!text.Any(char.IsSurrogate) && !text.Contains("<|"))
                tokenizer.Encode(text).Should().Equal(plain.Encode(text), line.GetProperty("name").GetString());
        }
    }

    private static int[] Ids(JsonElement line) => line.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()).ToArray();
}
