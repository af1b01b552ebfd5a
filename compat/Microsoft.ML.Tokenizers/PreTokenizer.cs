using System.Text.RegularExpressions;

namespace Microsoft.ML.Tokenizers;

/// <summary>Cuts a text into the words within which tokens are made.</summary>
public abstract partial class PreTokenizer
{
    /// <summary>The words in their order; what lies between two words is dropped.</summary>
    public abstract IEnumerable<(int Offset, int Length)> PreTokenize(string text);

    /// <inheritdoc cref="PreTokenize(string)"/>
    public abstract IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text);

    /// <summary>Runs of word characters, and single marks of punctuation.</summary>
    public static PreTokenizer CreateWordOrPunctuation(IReadOnlyDictionary<string, int>? specialTokens = null)
        => new RegexPreTokenizer(WordOrPunctuation(), specialTokens);

    /// <summary>Runs of word characters, and runs of anything else but white space, which is dropped.</summary>
    public static PreTokenizer CreateWordOrNonWord(IReadOnlyDictionary<string, int>? specialTokens = null)
        => new RegexPreTokenizer(WordOrNonWord(), specialTokens);

    /// <summary>Runs of anything but white space.</summary>
    public static PreTokenizer CreateWhiteSpace(IReadOnlyDictionary<string, int>? specialTokens = null)
        => new RegexPreTokenizer(NonSpace(), specialTokens);

    [GeneratedRegex(@"\w+|[\p{P}]")]
    private static partial Regex WordOrPunctuation();

    [GeneratedRegex(@"\w+|[^\w\s]+")]
    private static partial Regex WordOrNonWord();

    [GeneratedRegex(@"\S+")]
    private static partial Regex NonSpace();
}
