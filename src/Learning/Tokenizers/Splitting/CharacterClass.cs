using System.Globalization;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>The four kinds of character that the published patterns tell apart.</summary>
internal enum CharacterClass : byte
{
    Other,
    Letter,
    Number,
    Space,
}

internal static class CharacterClasses
{
    private static readonly CharacterClass[] Plane0 = Enumerable.Range(0, 0x10000).Select(c => Of((char)c)).ToArray();

    /// <summary>The class of the character at <paramref name="i"/>, and its length in UTF-16 units.</summary>
    public static CharacterClass At(ReadOnlySpan<char> text, int i, out int length)
    {
        var c = text[i];
        if (!char.IsHighSurrogate(c) || i + 1 >= text.Length || !char.IsLowSurrogate(text[i + 1]))
        {
            length = 1;
            return Plane0[c];
        }
        length = 2;
        return Of(CharUnicodeInfo.GetUnicodeCategory(char.ConvertToUtf32(c, text[i + 1])));
    }

    /// <summary>Where the run of one class that starts at <paramref name="i"/> ends.</summary>
    public static int EndOfRun(ReadOnlySpan<char> text, int i, CharacterClass of)
    {
        while (i < text.Length && At(text, i, out var length) == of)
            i += length;
        return i;
    }

    private static CharacterClass Of(char c) => char.IsWhiteSpace(c) ? CharacterClass.Space : Of(CharUnicodeInfo.GetUnicodeCategory(c));

    private static CharacterClass Of(UnicodeCategory category) => category switch
    {
        <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
        _ => CharacterClass.Other,
    };
}
