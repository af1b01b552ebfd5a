using System.Text.RegularExpressions;

namespace Microsoft.ML.Tokenizers;

/// <summary>The matches of a pattern are the words; special tokens are words of their own wherever they stand.</summary>
public sealed class RegexPreTokenizer : PreTokenizer
{
    private readonly Regex regex;
    private readonly Regex? special;

    /// <exception cref="ArgumentNullException">No pattern.</exception>
    public RegexPreTokenizer(Regex regex, IReadOnlyDictionary<string, int>? specialTokens)
    {
        ArgumentNullException.ThrowIfNull(regex);
        this.regex = regex;
        if (specialTokens is { Count: > 0 })
            special = new Regex(string.Join('|', specialTokens.Keys.OrderByDescending(k => k.Length).Select(Regex.Escape)));
    }

    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
        => string.IsNullOrEmpty(text) ? [] : PreTokenize(text.AsSpan());

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text)
    {
        var words = new List<(int, int)>(text.Length / 4 + 1);
        var from = 0;
        if (special is not null)
        {
            foreach (var match in special.EnumerateMatches(text))
            {
                Words(text[from..match.Index], from, words);
                words.Add((match.Index, match.Length));
                from = match.Index + match.Length;
            }
        }
        Words(text[from..], from, words);
        return words;
    }

    private void Words(ReadOnlySpan<char> text, int offset, List<(int, int)> words)
    {
        foreach (var match in regex.EnumerateMatches(text))
        {
            if (match.Length > 0)
                words.Add((offset + match.Index, match.Length));
        }
    }
}
