using System.Text.Json;

namespace Microsoft.ML.Tokenizers;

/// <summary>What a <see cref="BpeTokenizer"/> is made of.</summary>
public sealed class BpeOptions
{
    /// <exception cref="ArgumentNullException">No vocabulary.</exception>
    public BpeOptions(IEnumerable<KeyValuePair<string, int>> vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        Vocabulary = vocabulary;
    }

    /// <summary>Reads GPT-2's pair of files: <c>vocab.json</c> and <c>merges.txt</c>.</summary>
    public BpeOptions(string vocabFile, string? mergesFile = null)
    {
        ArgumentNullException.ThrowIfNull(vocabFile);
        using var vocabulary = File.OpenRead(vocabFile);
        Vocabulary = ReadVocabulary(vocabulary);
        if (mergesFile is null)
            return;
        using var merges = File.OpenRead(mergesFile);
        Merges = ReadMerges(merges);
    }

    public IEnumerable<KeyValuePair<string, int>> Vocabulary { get; }

    /// <summary>Pairs <c>"a b"</c>, the most urgent first.</summary>
    public IEnumerable<string>? Merges { get; set; }

    public IReadOnlyDictionary<string, int>? SpecialTokens { get; set; }
    public Normalizer? Normalizer { get; set; }

    /// <summary>Null: words, and runs of other signs; white space is dropped.</summary>
    public PreTokenizer? PreTokenizer { get; set; }

    public string? UnknownToken { get; set; }
    public bool FuseUnknownTokens { get; set; }
    public string? ContinuingSubwordPrefix { get; set; }
    public string? EndOfWordSuffix { get; set; }

    /// <summary>Work on UTF-8 bytes, each written as one of GPT-2's 256 visible characters.</summary>
    public bool ByteLevel { get; set; }

    public string? BeginningOfSentenceToken { get; set; }
    public string? EndOfSentenceToken { get; set; }

    internal static Dictionary<string, int> ReadVocabulary(Stream stream)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, int>>(stream)
                ?? throw new ArgumentException("The vocabulary file holds null, not an object of tokens and ids.");
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The vocabulary file is not an object of tokens and ids: {e.Message}", e);
        }
    }

    internal static List<string> ReadMerges(Stream stream)
    {
        var merges = new List<string>();
        using var reader = new StreamReader(stream, leaveOpen: true);
        for (var line = 1; reader.ReadLine() is { } text; line++)
        {
            if (text.Length == 0 || (line == 1 && text.StartsWith("#version", StringComparison.Ordinal)))
                continue;
            merges.Add(text);
        }
        return merges;
    }
}
