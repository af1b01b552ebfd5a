using System.Text;

namespace Microsoft.ML.Tokenizers;

/// <summary>SentencePiece's handling of white space: a space is written U+2581, and a word starts with one.</summary>
public sealed class SentencePieceNormalizer(
    bool removeExtraWhiteSpaces, bool addDummyPrefix, bool escapeWhiteSpaces, bool treatWhitespaceAsSuffix, IReadOnlyDictionary<string, int>? specialTokens)
    : Normalizer
{
    private const char Escaped = '\u2581';

    public bool RemoveExtraWhiteSpaces { get; } = removeExtraWhiteSpaces;
    public bool AddDummyPrefix { get; } = addDummyPrefix;
    public bool EscapeWhiteSpaces { get; } = escapeWhiteSpaces;
    public bool TreatWhitespaceAsSuffix { get; } = treatWhitespaceAsSuffix;
    public IReadOnlyDictionary<string, int>? SpecialTokens { get; } = specialTokens;

    public override string Normalize(string original) => Normalize(original.AsSpan());

    public override string Normalize(ReadOnlySpan<char> original)
    {
        if (original.IsEmpty)
            return "";
        var space = EscapeWhiteSpaces ? Escaped : ' ';
        var text = new StringBuilder(original.Length + 1);
        if (AddDummyPrefix && !TreatWhitespaceAsSuffix)
            text.Append(space);
        var input = RemoveExtraWhiteSpaces ? original.Trim(' ') : original;
        for (var i = 0; i < input.Length; i++)
        {
            if (input[i] != ' ')
                text.Append(input[i]);
            else if (!RemoveExtraWhiteSpaces || input[i - 1] != ' ')
                text.Append(space);
        }
        if (AddDummyPrefix && TreatWhitespaceAsSuffix)
            text.Append(space);
        return text.ToString();
    }
}
