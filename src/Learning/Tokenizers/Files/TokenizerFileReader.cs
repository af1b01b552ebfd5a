using System.Text.Json;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Reads the <c>tokenizer.json</c> of Hugging Face's tokenizers, as far as BPE goes; what is not understood is named, never passed over.</summary>
internal static class TokenizerFileReader
{
    private const int LargestId = 1 << 24;

    /// <exception cref="TokenizerFileException">The file is damaged, or holds a construct that is not understood.</exception>
    public static TokenizerFile Read(string path) => JsonFile.Read(path, Read);

    private static TokenizerFile Read(JsonPart root)
    {
        var model = root["model"];
        if (model["type"].TextOrNull is var type and not ("BPE" or null))
            throw model.Error($"is of type {type}; only BPE is read");
        foreach (var affix in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
        {
            if (!string.IsNullOrEmpty(model[affix].TextOrNull))
                throw model[affix].Error("is not supported; it must be null");
        }
        if (model["dropout"] is { Kind: JsonValueKind.Number })
            throw model["dropout"].Error("makes encoding random, which is not supported; it must be null");
        var vocabulary = Vocabulary(model["vocab"]);
        var (merges, mergeIds) = Merges(model["merges"], vocabulary);
        var unknown = model["unk_token"].TextOrNull;
        if (unknown is not null && !vocabulary.ContainsKey(unknown))
            throw model["unk_token"].Error($"is '{unknown}', which is not in the vocabulary");
        var splitting = SplittingReader.Read(root["pre_tokenizer"]);
        return new TokenizerFile
        {
            Vocabulary = vocabulary,
            Merges = merges,
            MergeIds = mergeIds,
            AddedTokens = AddedTokens(root["added_tokens"], vocabulary),
            Normalizer = Normalizer(root["normalizer"]),
            Splitters = new WordSplitters(splitting.Steps),
            ByteLevel = splitting.ByteLevel,
            AddPrefixSpace = splitting.AddPrefixSpace,
            Spaces = splitting.Spaces,
            UnknownToken = unknown,
            FuseUnknown = model["fuse_unk"].Flag(absent: false),
            ByteFallback = model["byte_fallback"].Flag(absent: false),
            IgnoreMerges = model["ignore_merges"].Flag(absent: false),
            Decoder = DecoderReader.Read(root["decoder"]),
            Frame = FrameReader.Read(root["post_processor"]),
        };
    }

    internal static Dictionary<string, int> Vocabulary(JsonPart part)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, value) in part.Members())
        {
            if (!vocabulary.TryAdd(token, Id(value, token)))
                throw part.Error($"holds '{token}' twice");
        }
        if (vocabulary.Count == 0)
            throw part.Error("is empty");
        var taken = new HashSet<int>();
        foreach (var (token, id) in vocabulary)
        {
            if (!taken.Add(id))
                throw part.Error($"gives the id {id} to '{token}' and to another token");
        }
        return vocabulary;
    }

    internal static int Id(JsonPart part, string token)
    {
        if (!part.IsWhole(out var id) || id is < 0 or > LargestId)
            throw part.Error($"gives '{token}' an id that is not a whole number from 0 to {LargestId}");
        return id;
    }

    private static (List<(string, string)>, List<(int, int, int)>) Merges(JsonPart part, Dictionary<string, int> vocabulary)
    {
        var (texts, ids) = (new List<(string, string)>(), new List<(int, int, int)>());
        foreach (var item in part.Items())
        {
            var (left, right) = Pair(item);
            texts.Add((left, right));
            ids.Add((Known(left), Known(right), Known(left + right)));

            int Known(string token) => vocabulary.TryGetValue(token, out var id)
                ? id
                : throw item.Error($"merges '{left}' and '{right}', but '{token}' is not in the vocabulary");
        }
        return (texts, ids);
    }

    /// <summary>Both forms: <c>"a b"</c> and <c>["a", "b"]</c>.</summary>
    private static (string Left, string Right) Pair(JsonPart item)
    {
        if (item.Kind == JsonValueKind.String)
        {
            var parts = item.Text.Split(' ');
            if (parts.Length == 2 && parts[0].Length > 0 && parts[1].Length > 0)
                return (parts[0], parts[1]);
        }
        else if (item.Kind == JsonValueKind.Array)
        {
            var parts = item.Items().Take(3).Select(p => p.Text).ToArray();
            if (parts.Length == 2 && parts[0].Length > 0 && parts[1].Length > 0)
                return (parts[0], parts[1]);
        }
        throw item.Error("is not a pair of tokens, \"a b\" or [\"a\", \"b\"]");
    }

    private static List<AddedToken> AddedTokens(JsonPart part, Dictionary<string, int> vocabulary)
    {
        var tokens = new List<AddedToken>();
        if (part.IsNull)
            return tokens;
        foreach (var item in part.Items())
            tokens.Add(AddedToken(item, Id(item["id"], item["content"].Text)));
        if (tokens.GroupBy(t => t.Id).FirstOrDefault(g => g.Select(t => t.Content).Distinct(StringComparer.Ordinal).Count() > 1) is { } twice)
            throw part.Error($"gives the id {twice.Key} to '{twice.First().Content}' and to '{twice.Last().Content}'");
        foreach (var token in tokens)
        {
            if (vocabulary.TryGetValue(token.Content, out var id) && id != token.Id)
                throw part.Error($"gives '{token.Content}' the id {token.Id}, and the vocabulary the id {id}");
        }
        return tokens;
    }

    internal static AddedToken AddedToken(JsonPart item, int id) => new(
        id, item["content"].Text, item["single_word"].Flag(false), item["lstrip"].Flag(false), item["rstrip"].Flag(false),
        item["normalized"].Flag(true), item["special"].Flag(false));

    private static List<TextRewrite> Normalizer(JsonPart part)
    {
        if (part.IsNull)
            return [];
        return part.Type switch
        {
            "NFC" => [new TextRewrite.Compose()],
            "Lowercase" => [new TextRewrite.Lowercase()],
            "Prepend" => [new TextRewrite.Prepend(part["prepend"].Text)],
            "Replace" => [new TextRewrite.Replace(Literal(part), part["content"].Text)],
            "Sequence" => part["normalizers"].Items().SelectMany(Normalizer).ToList(),
            var type => throw part.Error($"is of type {type}, which is not supported; NFC, Lowercase, Prepend, Replace and Sequence are"),
        };
    }

    /// <summary>The <c>pattern</c> of a Replace, which must be a plain text.</summary>
    internal static string Literal(JsonPart part)
    {
        var pattern = part["pattern"];
        var text = pattern["String"].IsNull ? throw pattern.Error("is a regular expression; only a plain text, { \"String\": … }, is supported here") : pattern["String"].Text;
        return text.Length > 0 ? text : throw pattern.Error("is empty");
    }
}
