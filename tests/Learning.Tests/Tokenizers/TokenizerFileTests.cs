using System.Text.Json.Nodes;
using DataflowRlhf.Learning.Tokenizers;

namespace DataflowRlhf.Learning.Tests.Tokenizers;

public sealed class TokenizerFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tokenizer-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private JsonObject Own(string name = "gpt2-small")
    {
        File.Copy(Path.Combine(Folders.Own, name, "tokenizer_config.json"), Path.Combine(folder, "tokenizer_config.json"), overwrite: true);
        return (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(Folders.Own, name, "tokenizer.json")))!;
    }

    private TokenizerFileException Refusal(string json)
    {
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json);
        var load = () => TextTokenizer.Load(folder);
        return load.Should().Throw<TokenizerFileException>().Which;
    }

    [Fact]
    public void A_folder_that_is_not_there_is_named()
    {
        var load = () => TextTokenizer.Load(Path.Combine(folder, "nowhere"));
        load.Should().Throw<TokenizerFileException>().WithMessage("*nowhere*no such folder*");
    }

    [Fact]
    public void A_folder_without_a_tokenizer_says_what_is_there()
    {
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), "a");
        var load = () => TextTokenizer.Load(folder);
        load.Should().Throw<TokenizerFileException>().WithMessage("*no tokenizer.json*only vocab.txt*save_pretrained*");
    }

    [Fact]
    public void A_file_cut_short_is_refused_wherever_it_is_cut()
    {
        var whole = Own().ToJsonString();
        for (var length = 0; length < whole.Length; length += 997)
            Refusal(whole[..length]).Message.Should().Contain("tokenizer.json");
    }

    [Theory]
    [InlineData("[]", "object")]
    [InlineData("{}", "model")]
    [InlineData("{\"model\":{\"type\":\"BPE\"}}", "model.vocab")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{},\"merges\":[]}}", "empty")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":-1},\"merges\":[]}}", "'a'")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":2000000000},\"merges\":[]}}", "'a'")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":1.5},\"merges\":[]}}", "'a'")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":1,\"b\":1},\"merges\":[]}}", "another token")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":1,\"a\":2},\"merges\":[]}}", "holds 'a' twice")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":1,\"b\":2},\"merges\":[\"a c\"]}}", "'c' is not in the vocabulary")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":1},\"merges\":[]},\"added_tokens\":[{\"id\":2,\"content\":\"<x>\"},{\"id\":2,\"content\":\"<y>\"}]}", "the id 2 to '<x>' and to '<y>'")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":1,\"<x>\":3},\"merges\":[]},\"added_tokens\":[{\"id\":2,\"content\":\"<x>\"}]}", "the vocabulary the id 3")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":1,\"b\":2},\"merges\":[\"a b\"]}}", "'ab' is not in the vocabulary")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":1},\"merges\":[\"a\"]}}", "model.merges[0]")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":1},\"merges\":[[\"a\",\"a\",\"a\"]]}}", "pair of tokens")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":1},\"merges\":[],\"unk_token\":\"?\"}}", "unk_token")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":1},\"merges\":[],\"fuse_unk\":7}}", "fuse_unk")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"\\ud800\":1},\"merges\":[]}}", "Unicode")]
    public void Nonsense_is_refused_by_name(string json, string named) => Refusal(json).Message.Should().Contain(named);

    [Theory]
    [InlineData("model", """{"type":"Unigram"}""", "Unigram")]
    [InlineData("model", """{"type":"WordPiece"}""", "WordPiece")]
    [InlineData("model", """{"type":"WordLevel"}""", "WordLevel")]
    [InlineData("normalizer", """{"type":"BertNormalizer"}""", "BertNormalizer")]
    [InlineData("normalizer", """{"type":"Sequence","normalizers":[{"type":"NFKC"}]}""", "NFKC")]
    [InlineData("pre_tokenizer", """{"type":"Sequence","pretokenizers":[{"type":"Whitespace"}]}""", "Whitespace")]
    [InlineData("decoder", """{"type":"WordPiece"}""", "WordPiece")]
    [InlineData("post_processor", """{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{}}""", "holds 2 texts")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":1},"merges":[],"dropout":0.1}""", "dropout")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":1},"merges":[],"end_of_word_suffix":"</w>"}""", "end_of_word_suffix")]
    [InlineData("normalizer", """{"type":"Precompiled"}""", "Precompiled")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":" +"},"content":" "}""", "regular expression")]
    [InlineData("pre_tokenizer", """{"type":"BertPreTokenizer"}""", "BertPreTokenizer")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"(a"},"behavior":"Isolated","invert":false}""", "pre_tokenizer.pattern")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"a"},"behavior":"Removed","invert":false}""", "Removed")]
    [InlineData("decoder", """{"type":"CTC"}""", "CTC")]
    [InlineData("post_processor", """{"type":"Other"}""", "Other")]
    [InlineData("added_tokens", """[{"id":"x","content":"<x>"}]""", "'<x>'")]
    public void A_construct_that_is_not_understood_is_named(string part, string json, string named)
    {
        var file = Own();
        file[part] = JsonNode.Parse(json);
        Refusal(file.ToJsonString()).Message.Should().Contain(named).And.Contain(part);
    }

    [Fact]
    public void Deep_nesting_ends_in_an_error_and_not_in_the_stack()
        => Refusal($"{{\"normalizer\":{new string('[', 100_000)}").Message.Should().Contain("tokenizer.json");

    [Fact]
    public void A_file_beyond_the_limit_is_not_even_opened()
    {
        using (var file = File.Create(Path.Combine(folder, "tokenizer.json")))
            file.SetLength(300L << 20);
        var load = () => TextTokenizer.Load(folder);
        load.Should().Throw<TokenizerFileException>().WithMessage("*tokenizer.json: cannot be read: it has 314,572,800 bytes; at most 268,435,456*");
    }

    [Fact]
    public void Both_forms_of_merges_are_the_same_tokenizer()
    {
        var file = Own();
        file["model"]!["merges"] = new JsonArray(file["model"]!["merges"]!.AsArray().Select(m => (JsonNode)new JsonArray(m!.GetValue<string>().Split(' ').Select(p => (JsonNode)p).ToArray())).ToArray());
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), file.ToJsonString());
        const string text = "Two forms, one meaning.";
        TextTokenizer.Load(folder).Encode(text).Should().Equal(TextTokenizer.Load(Path.Combine(Folders.Own, "gpt2-small")).Encode(text));
    }

    [Fact]
    public void Our_own_merging_agrees_with_the_packages()
    {
        var file = Own();
        var plain = TextTokenizer.Load(Path.Combine(Folders.Own, "gpt2-small"));
        file["model"]!["unk_token"] = "a"; // never needed, as every byte is there, but no longer the package's affair
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), file.ToJsonString());
        var own = TextTokenizer.Load(folder);
        foreach (var line in Folders.Lines(Path.Combine(Folders.Own, "gpt2-small"), "cases.jsonl"))
            own.Encode(line.GetProperty("text").GetString()!).Should().Equal(plain.Encode(line.GetProperty("text").GetString()!));
    }

    [Fact]
    public void Any_other_pattern_is_taken_as_it_is_written_and_sees_letters_beyond_the_first_plane()
    {
        var known = TextTokenizer.Load(Path.Combine(Folders.Own, "qwen2-small"));
        var file = Own("qwen2-small");
        var pattern = file["pre_tokenizer"]!["pretokenizers"]![0]!["pattern"]!;
        pattern["Regex"] = "(?:" + pattern["Regex"]!.GetValue<string>() + ")"; // the same, written so that the scanner by hand is not used
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), file.ToJsonString());
        var general = TextTokenizer.Load(folder);
        foreach (var line in Folders.Lines(Path.Combine(Folders.Own, "qwen2-small"), "cases.jsonl"))
            general.Encode(line.GetProperty("text").GetString()!).Should().Equal(known.Encode(line.GetProperty("text").GetString()!), line.GetProperty("name").GetString());
    }

    [Fact]
    public void Digits_may_be_set_apart_before_the_words()
    {
        var file = Own();
        file["pre_tokenizer"] = JsonNode.Parse("""{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}]}""");
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), file.ToJsonString());
        TextTokenizer.Load(folder).Encode("1234").Should().HaveCount(4);
    }

    [Fact]
    public void A_role_without_a_token_is_named()
    {
        var file = Own();
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"eos_token":{"content":"<|gone|>"}}""");
        Refusal(file.ToJsonString()).Message.Should().Contain("eos_token").And.Contain("<|gone|>");
    }

    [Fact]
    public void Saving_copies_what_is_needed_to_load_again()
    {
        var tokenizer = TextTokenizer.Load(Path.Combine(Folders.Own, "metaspace-small"));
        tokenizer.Save(folder);
        var again = TextTokenizer.Load(folder);
        (again.EosId, again.PadId, again.BosId, again.VocabSize).Should().Be((tokenizer.EosId, tokenizer.PadId, tokenizer.BosId, tokenizer.VocabSize));
        again.Encode("a cat").Should().Equal(tokenizer.Encode("a cat"));
        File.Exists(Path.Combine(folder, "special_tokens_map.json")).Should().BeTrue();
    }
}
