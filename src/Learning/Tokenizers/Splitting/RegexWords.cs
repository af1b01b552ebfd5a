using System.Globalization;
using System.Text.RegularExpressions;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>
/// The matches of any other pattern, and what lies between them. .NET's expressions work on UTF-16 units, so each character beyond
/// U+FFFF is shown to the pattern as one stand-in of the same general category.
/// </summary>
internal sealed class RegexWords : IWordSplitter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly Dictionary<UnicodeCategory, char> StandIns = new()
    {
        [UnicodeCategory.UppercaseLetter] = '\u0100',
        [UnicodeCategory.LowercaseLetter] = '\u0101',
        [UnicodeCategory.TitlecaseLetter] = '\u01C5',
        [UnicodeCategory.ModifierLetter] = '\u02B0',
        [UnicodeCategory.OtherLetter] = '\u01BB',
        [UnicodeCategory.NonSpacingMark] = '\u0300',
        [UnicodeCategory.SpacingCombiningMark] = '\u0903',
        [UnicodeCategory.EnclosingMark] = '\u0488',
        [UnicodeCategory.DecimalDigitNumber] = '\u0660',
        [UnicodeCategory.LetterNumber] = '\u2160',
        [UnicodeCategory.OtherNumber] = '\u00B2',
        [UnicodeCategory.OtherPunctuation] = '\u2020',
        [UnicodeCategory.DashPunctuation] = '\u2010',
        [UnicodeCategory.MathSymbol] = '\u2200',
        [UnicodeCategory.CurrencySymbol] = '\u20A0',
        [UnicodeCategory.ModifierSymbol] = '\u02C2',
        [UnicodeCategory.OtherSymbol] = '\u2100',
        [UnicodeCategory.Format] = '\u2060',
        [UnicodeCategory.PrivateUse] = '\uE000',
    };

    private readonly Regex regex;

    /// <exception cref="ArgumentException">.NET cannot read the pattern.</exception>
    public RegexWords(string pattern) => regex = new Regex(pattern, RegexOptions.CultureInvariant, Patience);

    /// <exception cref="TokenizerFileException">The pattern takes forever on this text.</exception>
    public void Split(ReadOnlySpan<char> text, int offset, List<(int Offset, int Length)> words)
    {
        var shown = new char[text.Length];
        var places = new int[text.Length + 1];
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            places[count] = i;
            var pair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            shown[count++] = pair ? StandIn(char.ConvertToUtf32(text[i], text[i + 1])) : text[i];
            i += pair ? 1 : 0;
        }
        places[count] = text.Length;
        var from = 0;
        try
        {
            foreach (var match in regex.EnumerateMatches(shown.AsSpan(0, count)))
            {
                if (match.Length == 0)
                    continue;
                Add(from, match.Index);
                Add(match.Index, match.Index + match.Length);
                from = match.Index + match.Length;
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new TokenizerFileException($"The tokenizer's split pattern '{regex}' did not come to an end on a text of {text.Length} characters.", e);
        }
        Add(from, count);

        void Add(int start, int end)
        {
            if (end > start)
                words.Add((offset + places[start], places[end] - places[start]));
        }
    }

    private static char StandIn(int point) => StandIns.GetValueOrDefault(CharUnicodeInfo.GetUnicodeCategory(point), '\u0378');
}
