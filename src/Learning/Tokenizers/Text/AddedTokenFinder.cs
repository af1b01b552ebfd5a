using System.Buffers;
using System.Globalization;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Finds added tokens in a text: the leftmost first, and the longest among those that start together.</summary>
internal sealed class AddedTokenFinder
{
    private readonly Dictionary<char, (string Text, AddedToken Token)[]> byFirst;
    private readonly SearchValues<char> firsts;

    /// <param name="tokens">Each token with the text by which it is found.</param>
    public AddedTokenFinder(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        byFirst = tokens.Where(t => t.Text.Length > 0)
            .GroupBy(t => t.Text[0])
            .ToDictionary(g => g.Key, g => g.OrderByDescending(t => t.Text.Length).ToArray());
        firsts = SearchValues.Create([.. byFirst.Keys]);
    }

    public bool IsEmpty => byFirst.Count == 0;

    /// <summary>The next token at or after <paramref name="from"/>, with the white space it takes.</summary>
    /// <param name="floor">Where the last token ended: white space before this is taken already.</param>
    public bool TryFind(ReadOnlySpan<char> text, int from, out AddedToken? token, out int start, out int end, int floor)
    {
        (token, start, end) = (null, 0, 0);
        while (from < text.Length)
        {
            var skip = text[from..].IndexOfAny(firsts);
            if (skip < 0)
                return false;
            var at = from + skip;
            from = at + 1;
            foreach (var (content, candidate) in byFirst[text[at]])
            {
                if (!text[at..].StartsWith(content, StringComparison.Ordinal))
                    continue;
                var stop = at + content.Length;
                if (candidate.SingleWord && (EndsWithWord(text[..at]) || StartsWithWord(text[stop..])))
                {
                    from = stop;
                    break;
                }
                (token, start, end) = (candidate, at, stop);
                while (candidate.StripLeft && start > floor && char.IsWhiteSpace(text[start - 1]))
                    start--;
                while (candidate.StripRight && end < text.Length && char.IsWhiteSpace(text[end]))
                    end++;
                return true;
            }
        }
        return false;
    }

    private static bool StartsWithWord(ReadOnlySpan<char> text)
        => System.Text.Rune.DecodeFromUtf16(text, out var rune, out _) == OperationStatus.Done && IsWord(rune);

    private static bool EndsWithWord(ReadOnlySpan<char> text)
        => System.Text.Rune.DecodeLastFromUtf16(text, out var rune, out _) == OperationStatus.Done && IsWord(rune);

    private static bool IsWord(System.Text.Rune rune) => System.Text.Rune.GetUnicodeCategory(rune) switch
    {
        <= UnicodeCategory.EnclosingMark => true,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        _ => rune.Value is 0x200C or 0x200D,
    };
}
