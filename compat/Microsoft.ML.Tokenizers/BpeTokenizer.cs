
namespace Microsoft.ML.Tokenizers;

/// <summary>Byte-pair encoding: a word starts as characters (or bytes), and the most urgent known pair merges until none is left.</summary>
public sealed partial class BpeTokenizer : Tokenizer
{
    private const int CacheCapacity = 1 << 16;

    private readonly Dictionary<string, int> vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup;
    private readonly string?[] tokens;
    private readonly PairRanks pairs;
    private readonly WordCache cache = new(CacheCapacity);
    private readonly int[] byteIds = new int[256];
    private readonly int? unknownId;
    private readonly int? beginningId;
    private readonly int? endId;
    private readonly HashSet<int> specialIds = [];
    private readonly Dictionary<int, string> specialText = [];
    private readonly PreTokenizer preTokenizer;
    private readonly Normalizer? normalizer;

    private BpeTokenizer(BpeOptions options)
    {
        vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in options.Vocabulary)
            vocabulary[token] = id;
        lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        tokens = Invert(vocabulary);
        SpecialTokens = options.SpecialTokens;
        UnknownToken = options.UnknownToken;
        FuseUnknownTokens = options.FuseUnknownTokens;
        ContinuingSubwordPrefix = NullIfEmpty(options.ContinuingSubwordPrefix);
        EndOfWordSuffix = NullIfEmpty(options.EndOfWordSuffix);
        ByteLevel = options.ByteLevel;
        BeginningOfSentenceToken = options.BeginningOfSentenceToken;
        EndOfSentenceToken = options.EndOfSentenceToken;
        preTokenizer = options.PreTokenizer ?? PreTokenizer.CreateWordOrNonWord(options.SpecialTokens);
        normalizer = options.Normalizer;
        pairs = new PairRanks(options.Merges ?? [], vocabulary, ContinuingSubwordPrefix);
        for (var b = 0; b < 256; b++)
            byteIds[b] = vocabulary.GetValueOrDefault(ByteAlphabet.CharOf[b].ToString(), -1);
        foreach (var (token, id) in options.SpecialTokens ?? new Dictionary<string, int>())
        {
            specialText[id] = token;
            specialIds.Add(id);
        }
        if (!string.IsNullOrEmpty(UnknownToken))
        {
            unknownId = Find(UnknownToken)
                ?? throw new InvalidOperationException($"The unknown token '{UnknownToken}' is not in the vocabulary.");
        }
        beginningId = BeginningOfSentenceToken is null ? null : Find(BeginningOfSentenceToken) ?? 0;
        endId = EndOfSentenceToken is null ? null : Find(EndOfSentenceToken) ?? 0;
    }

    public IReadOnlyDictionary<string, int>? SpecialTokens { get; }
    public string? UnknownToken { get; }
    public string? ContinuingSubwordPrefix { get; }
    public string? EndOfWordSuffix { get; }
    public bool FuseUnknownTokens { get; }
    public bool ByteLevel { get; }
    public string? BeginningOfSentenceToken { get; }
    internal string? EndOfSentenceToken { get; }
    public override PreTokenizer? PreTokenizer => preTokenizer;
    public override Normalizer? Normalizer => normalizer;
    public IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    public static BpeTokenizer Create(BpeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new BpeTokenizer(options);
    }

    public static BpeTokenizer Create(string vocabFile, string? mergesFile) => new(new BpeOptions(vocabFile, mergesFile));

    public static BpeTokenizer Create(
        string vocabFile, string? mergesFile, PreTokenizer? preTokenizer = null, Normalizer? normalizer = null,
        IReadOnlyDictionary<string, int>? specialTokens = null, string? unknownToken = null, string? continuingSubwordPrefix = null,
        string? endOfWordSuffix = null, bool fuseUnknownTokens = false)
        => new(With(new BpeOptions(vocabFile, mergesFile), preTokenizer, normalizer, specialTokens, unknownToken, continuingSubwordPrefix, endOfWordSuffix, fuseUnknownTokens));

    public static BpeTokenizer Create(Stream vocabStream, Stream? mergesStream) => Create(vocabStream, mergesStream, preTokenizer: null);

    public static BpeTokenizer Create(
        Stream vocabStream, Stream? mergesStream, PreTokenizer? preTokenizer = null, Normalizer? normalizer = null,
        IReadOnlyDictionary<string, int>? specialTokens = null, string? unknownToken = null, string? continuingSubwordPrefix = null,
        string? endOfWordSuffix = null, bool fuseUnknownTokens = false)
    {
        ArgumentNullException.ThrowIfNull(vocabStream);
        var options = new BpeOptions(BpeOptions.ReadVocabulary(vocabStream))
        {
            Merges = mergesStream is null ? null : BpeOptions.ReadMerges(mergesStream),
        };
        return new(With(options, preTokenizer, normalizer, specialTokens, unknownToken, continuingSubwordPrefix, endOfWordSuffix, fuseUnknownTokens));
    }

    public static Task<BpeTokenizer> CreateAsync(
        Stream vocabStream, Stream? mergesStream, PreTokenizer? preTokenizer = null, Normalizer? normalizer = null,
        IReadOnlyDictionary<string, int>? specialTokens = null, string? unknownToken = null, string? continuingSubwordPrefix = null,
        string? endOfWordSuffix = null, bool fuseUnknownTokens = false)
        => Task.FromResult(Create(vocabStream, mergesStream, preTokenizer, normalizer, specialTokens, unknownToken, continuingSubwordPrefix, endOfWordSuffix, fuseUnknownTokens));

    private static BpeOptions With(
        BpeOptions options, PreTokenizer? preTokenizer, Normalizer? normalizer, IReadOnlyDictionary<string, int>? specialTokens,
        string? unknownToken, string? continuingSubwordPrefix, string? endOfWordSuffix, bool fuseUnknownTokens)
    {
        options.PreTokenizer = preTokenizer;
        options.Normalizer = normalizer;
        options.SpecialTokens = specialTokens;
        options.UnknownToken = unknownToken;
        options.ContinuingSubwordPrefix = continuingSubwordPrefix;
        options.EndOfWordSuffix = endOfWordSuffix;
        options.FuseUnknownTokens = fuseUnknownTokens;
        return options;
    }

    private int? Find(string token)
        => vocabulary.TryGetValue(token, out var id) || (SpecialTokens?.TryGetValue(token, out id) ?? false) ? id : null;

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static string?[] Invert(Dictionary<string, int> vocabulary)
    {
        var size = 0;
        foreach (var id in vocabulary.Values)
        {
            if (id < 0 || id > 1 << 26)
                throw new ArgumentException($"The vocabulary holds the id {id}, which is no sensible token id.");
            size = Math.Max(size, id + 1);
        }
        var tokens = new string?[size];
        foreach (var (token, id) in vocabulary)
            tokens[id] = token;
        return tokens;
    }
}
