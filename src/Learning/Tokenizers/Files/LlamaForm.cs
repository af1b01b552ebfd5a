namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>What every tokenizer of Llama 2's kind has in common, where no <c>tokenizer.json</c> says it: U+2581 for a space and in front, bytes for rare characters.</summary>
internal static class LlamaForm
{
    private const string Space = "\u2581";

    public static bool Fits(Dictionary<string, int> vocabulary)
        => Enumerable.Range(0, 256).All(b => vocabulary.ContainsKey(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"<0x{b:X2}>")));

    /// <param name="prefix">A space goes in front of a text.</param>
    /// <param name="encoder">What merges, where it is not the merges.</param>
    public static (TokenizerFile File, TokenizerSettings Settings) Make(
        string path, Dictionary<string, int> vocabulary, (List<(string Left, string Right)> Texts, List<(int, int, int)> Ids) merges, TokenizerSettings settings, bool prefix, IPieceEncoder? encoder)
    {
        if (settings.Class is not (null or "LlamaTokenizer" or "PreTrainedTokenizer" or "CodeLlamaTokenizer"))
            throw new TokenizerFileException($"{path}: without a tokenizer.json, {settings.Class} is not known; GPT2Tokenizer, Qwen2Tokenizer and LlamaTokenizer are. save_pretrained(…) in Python writes a tokenizer.json.");
        var tokens = new Dictionary<string, string>(settings.Tokens);
        foreach (var (role, token) in new[] { ("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>") })
        {
            if (!tokens.ContainsKey(role) && vocabulary.ContainsKey(token))
                tokens[role] = token;
        }
        settings = settings with { Tokens = tokens };
        var legacy = settings.Legacy ?? true;
        prefix &= settings.AddPrefixSpace ?? true;
        var file = new TokenizerFile
        {
            Vocabulary = vocabulary,
            Merges = merges.Texts,
            MergeIds = merges.Ids,
            AddedTokens = VocabularyReader.AddedTokens(path, vocabulary, settings),
            Normalizer = !legacy ? [] : prefix ? [new TextRewrite.Prepend(Space), new TextRewrite.Replace(" ", Space)] : [new TextRewrite.Replace(" ", Space)],
            Splitters = new WordSplitters([]),
            ByteLevel = false,
            AddPrefixSpace = false,
            Spaces = legacy ? null : new Metaspace(Space[0], prefix ? "first" : "never"),
            UnknownToken = settings.Tokens.GetValueOrDefault("unk_token") is { } unknown && vocabulary.ContainsKey(unknown) ? unknown : null,
            FuseUnknown = true,
            ByteFallback = true,
            IgnoreMerges = false,
            Encoder = encoder,
            Decoder = new TokenDecoder.Steps(
            [
                texts => TokenDecoder.Replace(texts, Space, " "), TokenDecoder.ByteFallback, TokenDecoder.Fuse,
                .. prefix ? [(Func<List<string>, List<string>>)(texts => TokenDecoder.Strip(texts, ' ', 1, 0))] : Array.Empty<Func<List<string>, List<string>>>(),
            ]),
            Frame = VocabularyReader.FrameOf(path, vocabulary, settings, addBos: true),
        };
        return (file, settings);
    }
}
