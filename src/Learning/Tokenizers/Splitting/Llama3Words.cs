namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>
/// The words of GPT-4, Llama 3 (numbers of up to three digits) and Qwen 2 (single digits):
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.
/// </summary>
internal sealed class Llama3Words(int digits) : IWordSplitter
{
    public const string Llama3Pattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    public const string Qwen2Pattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public void Split(ReadOnlySpan<char> text, int offset, List<(int Offset, int Length)> words)
    {
        for (var i = 0; i < text.Length;)
        {
            var end = End(text, i);
            words.Add((offset + i, end - i));
            i = end;
        }
    }

    private int End(ReadOnlySpan<char> text, int i)
    {
        if (text[i] == '\'' && Contraction(text[(i + 1)..]) is > 0 and var contracted)
            return i + 1 + contracted;
        var kind = CharacterClasses.At(text, i, out var length);
        switch (kind)
        {
            case CharacterClass.Letter:
                return CharacterClasses.EndOfRun(text, i, kind);
            case CharacterClass.Number:
                return EndOfNumber(text, i);
        }
        var next = i + length;
        var following = next < text.Length ? CharacterClasses.At(text, next, out _) : CharacterClass.Space;
        if (following == CharacterClass.Letter && text[i] is not ('\r' or '\n'))
            return CharacterClasses.EndOfRun(text, next, CharacterClass.Letter);
        if (kind == CharacterClass.Other || text[i] == ' ' && following == CharacterClass.Other)
            return EndOfLines(text, CharacterClasses.EndOfRun(text, kind == CharacterClass.Other ? i : next, CharacterClass.Other));
        var end = CharacterClasses.EndOfRun(text, i, CharacterClass.Space);
        var line = text[i..end].LastIndexOfAny('\r', '\n');
        return line >= 0 ? i + line + 1 : Gpt2Words.EndOfSpace(text, i);
    }

    private int EndOfNumber(ReadOnlySpan<char> text, int i)
    {
        for (var n = 0; n < digits && i < text.Length && CharacterClasses.At(text, i, out var length) == CharacterClass.Number; n++)
            i += length;
        return i;
    }

    private static int EndOfLines(ReadOnlySpan<char> text, int i)
    {
        while (i < text.Length && (text[i] is '\r' or '\n'))
            i++;
        return i;
    }

    // U+017F, the long s, is an s to a pattern that ignores case.
    private static int Contraction(ReadOnlySpan<char> rest) => rest switch
    {
        ['s' or 'S' or '\u017F' or 't' or 'T' or 'm' or 'M' or 'd' or 'D', ..] => 1,
        ['r' or 'R' or 'v' or 'V', 'e' or 'E', ..] or ['l' or 'L', 'l' or 'L', ..] => 2,
        _ => 0,
    };
}
