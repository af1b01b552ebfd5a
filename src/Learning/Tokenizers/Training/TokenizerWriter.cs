using System.Text.Encodings.Web;
using System.Text.Json;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Writes the files of a byte-level BPE as Hugging Face's libraries write and read them.</summary>
internal static class TokenizerWriter
{
    private static readonly JsonWriterOptions Layout = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(string folder, IReadOnlyList<string> vocabulary, IReadOnlyList<(string Left, string Right)> merges, BpeTrainer.Options options)
    {
        Directory.CreateDirectory(folder);
        WriteFile(Path.Combine(folder, "tokenizer.json"), json =>
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            json.WriteStartArray("added_tokens");
            for (var id = 0; id < options.SpecialTokens.Count; id++)
            {
                json.WriteStartObject();
                json.WriteNumber("id", id);
                WriteAdded(json, options.SpecialTokens[id]);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteNull("normalizer");
            WriteByteLevel(json, "pre_tokenizer", addPrefixSpace: false);
            WriteByteLevel(json, "post_processor", addPrefixSpace: true);
            WriteByteLevel(json, "decoder", addPrefixSpace: true);
            WriteModel(json, vocabulary, merges);
            json.WriteEndObject();
        });
        WriteFile(Path.Combine(folder, "tokenizer_config.json"), json => WriteConfig(json, options));
        WriteFile(Path.Combine(folder, "vocab.json"), json => WriteVocabulary(json, vocabulary));
        File.WriteAllText(Path.Combine(folder, "merges.txt"), "#version: 0.2\n" + string.Concat(merges.Select(m => $"{m.Left} {m.Right}\n")));
        File.WriteAllText(Path.Combine(folder, "special_tokens_map.json"), TextTokenizer.SpecialTokensMap(options.BosToken, options.EosToken, options.PadToken));
    }

    private static void WriteModel(Utf8JsonWriter json, IReadOnlyList<string> vocabulary, IReadOnlyList<(string Left, string Right)> merges)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        foreach (var absent in new[] { "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix" })
            json.WriteNull(absent);
        foreach (var off in new[] { "fuse_unk", "byte_fallback", "ignore_merges" })
            json.WriteBoolean(off, false);
        json.WritePropertyName("vocab");
        WriteVocabulary(json, vocabulary);
        json.WriteStartArray("merges");
        foreach (var (left, right) in merges)
            json.WriteStringValue($"{left} {right}");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteVocabulary(Utf8JsonWriter json, IReadOnlyList<string> vocabulary)
    {
        json.WriteStartObject();
        for (var id = 0; id < vocabulary.Count; id++)
            json.WriteNumber(vocabulary[id], id);
        json.WriteEndObject();
    }

    private static void WriteConfig(Utf8JsonWriter json, BpeTrainer.Options options)
    {
        json.WriteStartObject();
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        json.WriteNumber("model_max_length", 1_000_000_000);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        if (options.BosToken is { } bos)
            json.WriteString("bos_token", bos);
        json.WriteString("eos_token", options.EosToken);
        json.WriteString("pad_token", options.PadToken);
        json.WriteStartObject("added_tokens_decoder");
        for (var id = 0; id < options.SpecialTokens.Count; id++)
        {
            json.WriteStartObject(id.ToString(System.Globalization.CultureInfo.InvariantCulture));
            WriteAdded(json, options.SpecialTokens[id]);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteAdded(Utf8JsonWriter json, string content)
    {
        json.WriteString("content", content);
        foreach (var off in new[] { "single_word", "lstrip", "rstrip", "normalized" })
            json.WriteBoolean(off, false);
        json.WriteBoolean("special", true);
    }

    private static void WriteByteLevel(Utf8JsonWriter json, string name, bool addPrefixSpace)
    {
        json.WriteStartObject(name);
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", addPrefixSpace);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", true);
        json.WriteEndObject();
    }

    private static void WriteFile(string path, Action<Utf8JsonWriter> write)
    {
        using (var stream = File.Create(path))
        {
            using var json = new Utf8JsonWriter(stream, Layout);
            write(json);
            json.Flush();
            stream.WriteByte((byte)'\n');
        }
    }
}
