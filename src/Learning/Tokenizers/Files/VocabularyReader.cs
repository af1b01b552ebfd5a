using System.Text;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>
/// A tokenizer from <c>vocab.json</c> and <c>merges.txt</c> alone. These say nothing of how a text is cut into words: a byte-level vocabulary is
/// taken for GPT-2's (or Qwen 2's, where the settings say so), one with byte tokens for Llama 2's; another is refused.
/// </summary>
internal static class VocabularyReader
{
    private const string EndOfText = "<|endoftext|>";
    private const long LargestMerges = 64L << 20;

    public static (TokenizerFile File, TokenizerSettings Settings) Read(string vocabularyPath, string mergesPath, TokenizerSettings settings)
    {
        var vocabulary = JsonFile.Read(vocabularyPath, TokenizerFileReader.Vocabulary);
        var merges = Merges(mergesPath, vocabulary);
        if (LlamaForm.Fits(vocabulary))
            return LlamaForm.Make(vocabularyPath, vocabulary, merges, settings, prefix: true, encoder: null);
        for (var b = 0; b < 256; b++)
        {
            if (!vocabulary.ContainsKey(ByteAlphabet.CharOf((byte)b).ToString()))
                throw new TokenizerFileException($"{vocabularyPath}: this vocabulary has neither a token for each byte, as GPT-2's has, nor <0x00> to <0xFF>, as Llama 2's has. How its texts are cut stands only in a tokenizer.json, which save_pretrained(…) in Python writes.");
        }
        var qwen = settings.Class switch
        {
            null or "GPT2Tokenizer" or "PreTrainedTokenizer" => false,
            "Qwen2Tokenizer" => true,
            var other => throw new TokenizerFileException($"{vocabularyPath}: without a tokenizer.json, {other} is not known; GPT2Tokenizer, Qwen2Tokenizer and LlamaTokenizer are. save_pretrained(…) in Python writes a tokenizer.json."),
        };
        IWordSplitter words = qwen ? new Llama3Words(digits: 1) : new Gpt2Words();
        CheckWords(vocabularyPath, vocabulary, words, qwen ? "Qwen 2" : "GPT-2");
        if (settings.Eos is null && vocabulary.ContainsKey(EndOfText))
            settings = settings with { Tokens = new Dictionary<string, string>(settings.Tokens) { ["eos_token"] = EndOfText } };
        var file = new TokenizerFile
        {
            Vocabulary = vocabulary,
            Merges = merges.Texts,
            MergeIds = merges.Ids,
            AddedTokens = AddedTokens(vocabularyPath, vocabulary, settings),
            Normalizer = qwen ? [new TextRewrite.Compose()] : [],
            Splitters = new WordSplitters([words]),
            ByteLevel = true,
            AddPrefixSpace = settings.AddPrefixSpace ?? false,
            Spaces = null,
            UnknownToken = null,
            FuseUnknown = false,
            ByteFallback = false,
            IgnoreMerges = false,
            Decoder = new TokenDecoder.Bytes(),
            Frame = FrameOf(vocabularyPath, vocabulary, settings, addBos: false),
        };
        return (file, settings);
    }

    /// <summary>The tokens that the settings list with ids, and the special ones that the vocabulary holds.</summary>
    internal static List<AddedToken> AddedTokens(string path, Dictionary<string, int> vocabulary, TokenizerSettings settings)
    {
        var tokens = settings.Added.ToList();
        foreach (var token in settings.Tokens.Values.Distinct(StringComparer.Ordinal).Where(t => tokens.All(a => a.Content != t)))
        {
            if (vocabulary.TryGetValue(token, out var id))
                tokens.Add(new AddedToken(id, token, false, false, false, false, true));
        }
        var texts = vocabulary.ToDictionary(v => v.Value, v => v.Key);
        foreach (var token in tokens)
        {
            if (texts.TryGetValue(token.Id, out var text) && text != token.Content)
                throw new TokenizerFileException($"{path}: the id {token.Id} is that of '{text}', and the settings beside it give it to '{token.Content}'.");
            texts[token.Id] = token.Content;
        }
        return tokens;
    }

    internal static Frame FrameOf(string path, Dictionary<string, int> vocabulary, TokenizerSettings settings, bool addBos)
    {
        var before = settings.AddBos ?? addBos ? Role("bos_token") : [];
        var after = settings.AddEos ?? false ? Role("eos_token") : [];
        return new Frame(
            [.. Around(before, 0), new Frame.Part(0, [], 0), .. Around(after, 0)],
            [.. Around(before, 0), new Frame.Part(0, [], 0), .. Around(after, 0), .. Around(before, 1), new Frame.Part(1, [], 1), .. Around(after, 1)],
            []);

        int[] Role(string role) => settings.Tokens.GetValueOrDefault(role) is not { } token ? []
            : settings.Added.FirstOrDefault(a => a.Content == token) is { } added ? [added.Id]
            : vocabulary.TryGetValue(token, out var id) ? [id]
            : throw new TokenizerFileException($"{path}: {role} is '{token}', which the tokenizer does not hold.");

        static Frame.Part[] Around(int[] ids, int type) => ids.Length == 0 ? [] : [new Frame.Part(null, ids, type)];
    }

    /// <summary>One merge a line, "a b", by falling urgency.</summary>
    private static (List<(string Left, string Right)> Texts, List<(int, int, int)> Ids) Merges(string path, Dictionary<string, int> vocabulary)
    {
        var (texts, ids) = (new List<(string, string)>(), new List<(int, int, int)>());
        try
        {
            var number = 0;
            foreach (var line in PlainFile.ReadText(path, LargestMerges).Split('\n').Select(l => l.EndsWith('\r') ? l[..^1] : l))
            {
                number++;
                if (line.Length == 0 || number == 1 && line.StartsWith("#version", StringComparison.Ordinal))
                    continue;
                var space = line.IndexOf(' ', StringComparison.Ordinal);
                if (space <= 0 || space == line.Length - 1 || line.LastIndexOf(' ') != space)
                    throw new TokenizerFileException($"{path}: line {number} is not a pair of tokens, \"a b\".");
                var (left, right) = (line[..space], line[(space + 1)..]);
                texts.Add((left, right));
                ids.Add((Known(left), Known(right), Known(left + right)));

                int Known(string token) => vocabulary.TryGetValue(token, out var id)
                    ? id
                    : throw new TokenizerFileException($"{path}: line {number} merges '{left}' and '{right}', but '{token}' is not in vocab.json.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerFileException($"{path}: cannot be read: {e.Message}", e);
        }
        return (texts, ids);
    }

    /// <summary>Words that this way of cutting can never leave whole give away a vocabulary learnt with another.</summary>
    private static void CheckWords(string path, Dictionary<string, int> vocabulary, IWordSplitter words, string name)
    {
        var (cut, example) = (0, "");
        var found = new List<(int, int)>();
        foreach (var token in vocabulary.Keys)
        {
            var text = new TokenDecoder.Bytes().Decode([token]);
            if (text.Contains('\uFFFD') || text.StartsWith('\'') || token.StartsWith("<|", StringComparison.Ordinal))
                continue;
            found.Clear();
            words.Split(text, 0, found);
            if (found.Count < 2)
                continue;
            cut++;
            example = text;
        }
        if (cut > vocabulary.Count / 1000)
            throw new TokenizerFileException($"{path}: {cut} tokens, such as '{example}', are no single words of {name}, so the vocabulary was learnt with another way of cutting, which stands only in a tokenizer.json. save_pretrained(…) in Python writes one.");
    }
}
