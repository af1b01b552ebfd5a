using System.Text.Json;
using DataflowRlhf.Learning.Tokenizers;

namespace DataflowRlhf.Learning.Tests.Tokenizers;

/// <summary>What is written has the very members that Hugging Face's tokenizers write, and says the same in all its files.</summary>
[Parity("tokenizers")]
public sealed class TokenizerWriterTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("writer-").FullName;

    public TokenizerWriterTests()
    {
        var options = new BpeTrainer.Options { VocabSize = 300, SpecialTokens = ["<|bos|>", "<|pad|>", "<|eos|>"], BosToken = "<|bos|>" };
        BpeTrainer.Train(Enumerable.Repeat("The lowest of the widest houses, \u00e9\u4f60 isn't it?", 9), options, folder);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<string> Names() => [.. Folders.All];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_part_has_the_members_that_the_original_has(string other)
    {
        var (ours, theirs) = (Folders.Json(folder, "tokenizer.json"), Folders.Json(other, "tokenizer.json"));
        Members(ours).Should().Equal(Members(theirs));
        Members(ours.GetProperty("model")).Should().Equal(Members(theirs.GetProperty("model")));
        Members(ours.GetProperty("added_tokens")[0]).Should().Equal(Members(theirs.GetProperty("added_tokens")[0]));
        foreach (var part in new[] { "pre_tokenizer", "post_processor", "decoder" })
        {
            if (theirs.GetProperty(part) is { ValueKind: JsonValueKind.Object } whole && whole.GetProperty("type").GetString() == ours.GetProperty(part).GetProperty("type").GetString())
                Members(ours.GetProperty(part)).Should().Equal(Members(whole));
        }
        var (config, published) = (Folders.Json(folder, "tokenizer_config.json"), Folders.Json(other, "tokenizer_config.json"));
        Members(config).Should().Contain("tokenizer_class").And.Contain("model_max_length").And.Contain("clean_up_tokenization_spaces");
        if (published.TryGetProperty("added_tokens_decoder", out var added))
            Members(config.GetProperty("added_tokens_decoder").GetProperty("0")).Should().BeEquivalentTo(Members(added.EnumerateObject().First().Value));
    }

    [Fact]
    public void All_files_say_the_same()
    {
        var whole = Folders.Json(folder, "tokenizer.json");
        var config = Folders.Json(folder, "tokenizer_config.json");
        var map = Folders.Json(folder, "special_tokens_map.json");
        foreach (var (role, token) in new[] { ("bos_token", "<|bos|>"), ("eos_token", "<|eos|>"), ("pad_token", "<|pad|>") })
        {
            config.GetProperty(role).GetString().Should().Be(token);
            map.GetProperty(role).GetString().Should().Be(token);
            whole.GetProperty("added_tokens").EnumerateArray().Should().Contain(t => t.GetProperty("content").GetString() == token && t.GetProperty("special").GetBoolean());
        }
        Folders.Json(folder, "vocab.json").GetRawText().Should().Be(Indented(whole.GetProperty("model").GetProperty("vocab")));
        File.ReadAllLines(Path.Combine(folder, "merges.txt")).Skip(1).Should().Equal(whole.GetProperty("model").GetProperty("merges").EnumerateArray().Select(m => m.GetString()));
    }

    [Fact]
    public void Without_its_tokenizer_json_the_folder_is_the_same_tokenizer()
    {
        const string text = "<|bos|>The widest, isn't it? \u00e9\n\n 12<|eos|>";
        var tokenizer = TextTokenizer.Load(folder);
        File.Delete(Path.Combine(folder, "tokenizer.json"));
        var again = TextTokenizer.Load(folder);
        again.Encode(text).Should().Equal(tokenizer.Encode(text));
        (again.BosId, again.EosId, again.PadId, again.VocabSize).Should().Be((tokenizer.BosId, tokenizer.EosId, tokenizer.PadId, tokenizer.VocabSize));
    }

    private static IEnumerable<string> Members(JsonElement element) => element.EnumerateObject().Select(m => m.Name);

    private static string Indented(JsonElement element)
    {
        var raw = element.GetRawText().Split('\n').Select((line, i) => i == 0 ? line : line[4..]);
        return string.Join('\n', raw);
    }
}
