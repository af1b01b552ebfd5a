using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DataflowRlhf.Learning.Tokenizers;

namespace DataflowRlhf.Learning.Tests.Tokenizers;

/// <summary>Folders without a tokenizer.json: vocab.json with merges.txt, and tokenizer.model.</summary>
public sealed class VocabularyFilesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("vocabulary-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<string> Names() => [.. Folders.All];

    [Theory]
    [Parity("tokenizers")]
    [MemberData(nameof(Names))]
    public void Vocabulary_and_merges_alone_give_the_same_ids_or_say_that_they_cannot(string from)
    {
        var file = Folders.Json(from, "tokenizer.json");
        WriteVocabulary(from, file);
        var cut = file.GetProperty("pre_tokenizer");
        var gpt2 = cut is { ValueKind: JsonValueKind.Object } && cut.GetProperty("type").GetString() == "ByteLevel";
        var llama = file.GetProperty("model").GetProperty("byte_fallback").GetBoolean() && Scheme(file) != "always";
        var qwen = !gpt2 && !llama && file.GetProperty("normalizer").ValueKind == JsonValueKind.Object;
        Configure(from, qwen ? "Qwen2Tokenizer" : null, legacy: cut.ValueKind != JsonValueKind.Object);
        if (!gpt2 && !llama && Refused() is { } refusal)
        {
            refusal.Should().Contain("vocab.json").And.Contain("another way of cutting").And.Contain("tokenizer.json");
            return;
        }
        var tokenizer = TextTokenizer.Load(folder);
        foreach (var line in Folders.Lines(from, "cases.jsonl"))
        {
            var text = line.GetProperty("text").GetString()!;
            if (gpt2 || llama || qwen)
                tokenizer.Encode(text).Should().Equal(Fixtures.Ids(line.GetProperty("ids")), "{0}", line.GetProperty("name"));
            else if (line.TryGetProperty("decoded", out var decoded) && decoded.ValueKind == JsonValueKind.True)
                tokenizer.Decode(tokenizer.Encode(text), skipSpecial: false).Should().Be(text, "words cut in another way are still all of the text");
        }
    }

    [Theory]
    [Parity("tokenizers")]
    [MemberData(nameof(Names))]
    public void A_SentencePiece_model_of_the_same_pairs_gives_the_same_ids(string from)
    {
        var file = Folders.Json(from, "tokenizer.json");
        var model = file.GetProperty("model");
        var fits = model.GetProperty("byte_fallback").GetBoolean();
        Configure(from, null, legacy: file.GetProperty("pre_tokenizer").ValueKind != JsonValueKind.Object);
        File.WriteAllBytes(Path.Combine(folder, "tokenizer.model"), fits ? SentencePieceBytes(model) : Encoding.UTF8.GetBytes(model.GetRawText()));
        if (!fits)
        {
            var load = () => TextTokenizer.Load(folder);
            load.Should().Throw<TokenizerFileException>().WithMessage("*tokenizer.model*not a SentencePiece model*");
            return;
        }
        var tokenizer = TextTokenizer.Load(folder);
        // A score cannot tell two merges with one result apart, nor a space that goes in front of every piece from one in front of the text.
        var made = model.GetProperty("merges").EnumerateArray().Select(m => Merge(m).Replace(" ", "", StringComparison.Ordinal)).ToList();
        var exact = made.Distinct().Count() == made.Count && Scheme(file) != "always";
        foreach (var line in Folders.Lines(from, "cases.jsonl"))
        {
            var text = line.GetProperty("text").GetString()!;
            if (exact)
                tokenizer.Encode(text).Should().Equal(Fixtures.Ids(line.GetProperty("ids")), "{0}", line.GetProperty("name"));
            if (line.TryGetProperty("decoded", out var decoded) && decoded.ValueKind == JsonValueKind.True)
                tokenizer.Decode(Fixtures.Ids(line.GetProperty("ids")), skipSpecial: false).Should().Be(text);
        }
    }

    [Fact]
    public void No_settings_are_needed()
    {
        var from = Path.Combine(Folders.Own, "gpt2-small");
        WriteVocabulary(from, Folders.Json(from, "tokenizer.json"));
        TextTokenizer.Load(folder).Encode("Two forms.").Should().Equal(TextTokenizer.Load(from).Encode("Two forms."));
    }

    [Theory]
    [InlineData("a", "line 2 is not a pair")]
    [InlineData("a b c", "line 2 is not a pair")]
    [InlineData("a \u4f60", "'\u4f60' is not in vocab.json")]
    [InlineData("zz qq", "is not in vocab.json")]
    public void A_wrong_merge_is_named_by_its_line(string merge, string named)
    {
        var from = Path.Combine(Folders.Own, "gpt2-small");
        WriteVocabulary(from, Folders.Json(from, "tokenizer.json"));
        File.WriteAllText(Path.Combine(folder, "merges.txt"), "#version: 0.2\n" + merge + "\n");
        Refusal().Should().Contain("merges.txt").And.Contain(named);
    }

    [Fact]
    public void A_class_that_is_not_known_is_named()
    {
        var from = Path.Combine(Folders.Own, "gpt2-small");
        WriteVocabulary(from, Folders.Json(from, "tokenizer.json"));
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"tokenizer_class":"BloomTokenizerFast"}""");
        Refusal().Should().Contain("BloomTokenizer is not known").And.Contain("save_pretrained");
    }

    [Fact]
    public void A_vocabulary_of_another_kind_is_refused()
    {
        File.WriteAllText(Path.Combine(folder, "vocab.json"), """{"a":0,"b":1,"ab":2}""");
        File.WriteAllText(Path.Combine(folder, "merges.txt"), "a b\n");
        Refusal().Should().Contain("vocab.json").And.Contain("neither a token for each byte");
    }

    [Fact]
    public void An_added_token_with_the_id_of_another_is_refused()
    {
        var from = Path.Combine(Folders.Own, "gpt2-small");
        WriteVocabulary(from, Folders.Json(from, "tokenizer.json"));
        File.WriteAllText(Path.Combine(folder, "added_tokens.json"), """{"<x>":0}""");
        Refusal().Should().Contain("the id 0").And.Contain("'<x>'");
    }

    [Fact]
    public void A_SentencePiece_model_of_another_type_is_refused_wherever_it_is_cut()
    {
        var model = Folders.Json(Path.Combine(Folders.Own, "llama2-small"), "tokenizer.json").GetProperty("model");
        var bytes = SentencePieceBytes(model);
        for (var length = 1; length < bytes.Length - 8; length += 211)
        {
            File.WriteAllBytes(Path.Combine(folder, "tokenizer.model"), bytes[..length]);
            Refusal().Should().Contain("tokenizer.model");
        }
        File.WriteAllBytes(Path.Combine(folder, "tokenizer.model"), SentencePieceBytes(model, type: 1));
        Refusal().Should().Contain("tokenizer.model");
    }

    private string? Refused()
    {
        try
        {
            TextTokenizer.Load(folder);
            return null;
        }
        catch (TokenizerFileException e)
        {
            return e.Message;
        }
    }

    private string Refusal()
    {
        var load = () => TextTokenizer.Load(folder);
        return load.Should().Throw<TokenizerFileException>().Which.Message;
    }

    private void WriteVocabulary(string from, JsonElement file)
    {
        var (vocabulary, merges) = (Path.Combine(from, "vocab.json"), Path.Combine(from, "merges.txt"));
        var model = file.GetProperty("model");
        File.WriteAllText(Path.Combine(folder, "vocab.json"), File.Exists(vocabulary) ? File.ReadAllText(vocabulary) : model.GetProperty("vocab").GetRawText());
        File.WriteAllText(Path.Combine(folder, "merges.txt"), File.Exists(merges) ? File.ReadAllText(merges) : "#version: 0.2\n" + string.Concat(model.GetProperty("merges").EnumerateArray().Select(m => Merge(m) + "\n")));
    }

    /// <summary>Where a Metaspace puts a space in front.</summary>
    private static string? Scheme(JsonElement file)
        => file.GetProperty("pre_tokenizer") is { ValueKind: JsonValueKind.Object } cut && cut.TryGetProperty("prepend_scheme", out var scheme) ? scheme.GetString() : null;

    private static string Merge(JsonElement merge) => merge.ValueKind == JsonValueKind.String ? merge.GetString()! : string.Join(' ', merge.EnumerateArray().Select(p => p.GetString()));

    private void Configure(string from, string? type, bool legacy)
    {
        var settings = JsonNode.Parse(File.ReadAllText(Path.Combine(from, "tokenizer_config.json")))!.AsObject();
        var added = new JsonObject();
        foreach (var token in Folders.Json(from, "tokenizer.json").GetProperty("added_tokens").EnumerateArray())
            added[token.GetProperty("id").GetInt32().ToString(System.Globalization.CultureInfo.InvariantCulture)] = JsonNode.Parse(token.GetRawText());
        settings["added_tokens_decoder"] = added;
        settings["legacy"] = legacy;
        var cut = Folders.Json(from, "tokenizer.json").GetProperty("pre_tokenizer");
        if (cut.ValueKind == JsonValueKind.Object && cut.TryGetProperty("add_prefix_space", out var prefix))
            settings["add_prefix_space"] = prefix.GetBoolean();
        else if (Scheme(Folders.Json(from, "tokenizer.json")) == "never")
            settings["add_prefix_space"] = false;
        if (type is null)
            settings.Remove("tokenizer_class");
        else
            settings["tokenizer_class"] = type;
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), settings.ToJsonString());
    }

    /// <summary>SentencePiece's protobuf with the same pieces: a piece's score falls with its merge, so that the same pair merges first.</summary>
    private static byte[] SentencePieceBytes(JsonElement model, int type = 2)
    {
        var scores = new Dictionary<string, float>();
        foreach (var merge in model.GetProperty("merges").EnumerateArray())
            scores.TryAdd(Merge(merge).Replace(" ", "", StringComparison.Ordinal), -scores.Count);
        using var file = new MemoryStream();
        foreach (var piece in model.GetProperty("vocab").EnumerateObject().OrderBy(p => p.Value.GetInt32()).Select(p => p.Name))
        {
            using var entry = new MemoryStream();
            Bytes(entry, 1, Encoding.UTF8.GetBytes(piece));
            Tag(entry, 2, 5);
            entry.Write(BitConverter.GetBytes(scores.GetValueOrDefault(piece, -1e6f)));
            var kind = piece == "<unk>" ? 2 : piece is "<s>" or "</s>" ? 3 : piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) ? 6 : 1;
            Number(entry, 3, kind);
            Bytes(file, 1, entry.ToArray());
        }
        using var trainer = new MemoryStream();
        Number(trainer, 3, type);
        Number(trainer, 35, 1);
        Number(trainer, 40, 0);
        Number(trainer, 41, 1);
        Number(trainer, 42, 2);
        Bytes(file, 2, trainer.ToArray());
        using var normalizer = new MemoryStream();
        Number(normalizer, 3, 1);
        Number(normalizer, 4, 0);
        Number(normalizer, 5, 1);
        Bytes(file, 3, normalizer.ToArray());
        return file.ToArray();

        static void Varint(Stream to, int value)
        {
            for (; value > 0x7F; value >>= 7)
                to.WriteByte((byte)(value | 0x80));
            to.WriteByte((byte)value);
        }

        static void Tag(Stream to, int field, int wire) => Varint(to, field << 3 | wire);

        static void Number(Stream to, int field, int value)
        {
            Tag(to, field, 0);
            Varint(to, value);
        }

        static void Bytes(Stream to, int field, byte[] bytes)
        {
            Tag(to, field, 2);
            Varint(to, bytes.Length);
            to.Write(bytes);
        }
    }
}
