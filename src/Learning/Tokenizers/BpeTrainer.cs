namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>
/// Learns a byte-level BPE: starts from the 256 bytes, and again and again makes one token of the most frequent pair of neighbours
/// (the one with the smaller ids among equals). Equal texts give equal bytes; the order of the texts does not matter.
/// </summary>
/// <remarks>Sennrich, Haddow, Birch 2016, "Neural Machine Translation of Rare Words with Subword Units", on the bytes of GPT-2's words.</remarks>
public static class BpeTrainer
{
    /// <summary>How large the vocabulary is, and what is in it besides the learnt tokens.</summary>
    public sealed record Options
    {
        /// <summary>Tokens in all: special ones, 256 bytes, and the learnt ones. Fewer where the texts hold no more pairs. Default: 4096.</summary>
        public int VocabSize { get; init; } = 4096;

        /// <summary>A pair seen less often makes no token. Default: 2.</summary>
        public int MinFrequency { get; init; } = 2;

        /// <summary>These get the first ids, in this order. Default: &lt;|pad|&gt;, &lt;|eos|&gt;.</summary>
        public IReadOnlyList<string> SpecialTokens { get; init; } = ["<|pad|>", "<|eos|>"];

        /// <summary>The special token that ends a text. Default: &lt;|eos|&gt;.</summary>
        public string EosToken { get; init; } = "<|eos|>";

        /// <summary>The special token that fills up. Default: &lt;|pad|&gt;.</summary>
        public string PadToken { get; init; } = "<|pad|>";

        /// <summary>The special token that begins a text. Default: none.</summary>
        public string? BosToken { get; init; }
    }

    /// <summary>Learns from the texts and writes <c>tokenizer.json</c>, <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c>, <c>vocab.json</c> and <c>merges.txt</c>.</summary>
    /// <exception cref="ArgumentException">The vocabulary has no room for the bytes and special tokens, or a role names no special token.</exception>
    public static TextTokenizer Train(IEnumerable<string> texts, Options options, string outFolder)
    {
        Check(options);
        var counter = new WordCounter();
        foreach (var text in texts)
            counter.Add(text);
        return Learn(counter, options, outFolder);
    }

    /// <summary>As <see cref="Train"/>, from texts that come one by one.</summary>
    public static async Task<TextTokenizer> TrainAsync(IAsyncEnumerable<string> texts, Options options, string outFolder, CancellationToken stopping = default)
    {
        Check(options);
        var counter = new WordCounter();
        await foreach (var text in texts.WithCancellation(stopping))
            counter.Add(text);
        return Learn(counter, options, outFolder);
    }

    private static TextTokenizer Learn(WordCounter counter, Options options, string outFolder)
    {
        var vocabulary = new List<string>(options.SpecialTokens);
        var byteIds = new int[256];
        foreach (var (b, character) in Enumerable.Range(0, 256).Select(b => (b, Char: ByteAlphabet.CharOf((byte)b))).OrderBy(x => x.Char))
        {
            byteIds[b] = vocabulary.Count;
            vocabulary.Add(character.ToString());
        }
        var merges = new PairLearner(counter.Total(byteIds), vocabulary).Learn(options.VocabSize, options.MinFrequency);
        TokenizerWriter.Write(outFolder, vocabulary, merges, options);
        return TextTokenizer.Load(outFolder);
    }

    private static void Check(Options options)
    {
        var least = 256 + options.SpecialTokens.Count;
        if (options.VocabSize < least)
            throw new ArgumentException($"The vocabulary has {options.VocabSize} tokens, but the 256 bytes and {options.SpecialTokens.Count} special tokens alone are {least}.");
        if (options.SpecialTokens.Distinct(StringComparer.Ordinal).Count() != options.SpecialTokens.Count || options.SpecialTokens.Any(t => t.Length < 2))
            throw new ArgumentException("Special tokens must differ, and have at least two characters each.");
        foreach (var token in new[] { options.EosToken, options.PadToken, options.BosToken })
        {
            if (token is not null && !options.SpecialTokens.Contains(token))
                throw new ArgumentException($"'{token}' is to be a special token, but the special tokens are {string.Join(", ", options.SpecialTokens)}.");
        }
    }
}
