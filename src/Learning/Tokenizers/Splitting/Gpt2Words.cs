namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>
/// The words of GPT-2, by hand instead of by a regular expression, which in .NET does not see letters beyond U+FFFF:
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.
/// </summary>
internal sealed class Gpt2Words : IWordSplitter
{
    public const string Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public void Split(ReadOnlySpan<char> text, int offset, List<(int Offset, int Length)> words)
    {
        for (var i = 0; i < text.Length;)
        {
            var end = End(text, i);
            words.Add((offset + i, end - i));
            i = end;
        }
    }

    private static int End(ReadOnlySpan<char> text, int i)
    {
        if (text[i] == '\'' && Contraction(text[(i + 1)..]) is > 0 and var length)
            return i + 1 + length;
        var start = text[i] == ' ' && i + 1 < text.Length ? i + 1 : i;
        var kind = CharacterClasses.At(text, start, out _);
        return kind == CharacterClass.Space ? EndOfSpace(text, i) : CharacterClasses.EndOfRun(text, start, kind);
    }

    private static int Contraction(ReadOnlySpan<char> rest) => rest switch
    {
        ['s' or 't' or 'm' or 'd', ..] => 1,
        ['r' or 'v', 'e', ..] or ['l', 'l', ..] => 2,
        _ => 0,
    };

    /// <summary><c>\s+(?!\S)|\s+</c>: all the space at the end of a text, else all but the last.</summary>
    internal static int EndOfSpace(ReadOnlySpan<char> text, int i)
    {
        var end = CharacterClasses.EndOfRun(text, i, CharacterClass.Space);
        return end == text.Length || end == i + 1 ? end : end - 1;
    }
}
