namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>What a ByteLevel post-processor does to offsets: white space around a token's text does not count.</summary>
/// <param name="AddPrefixSpace">A single space at the beginning was put there, and is left as it is.</param>
internal sealed record OffsetTrim(bool AddPrefixSpace)
{
    /// <summary>Offsets in code points.</summary>
    public void Apply(List<TextEncoding.Token> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            var (start, end) = (token.Start, token.End);
            var leading = token.Text.TakeWhile(IsSpace).Count();
            var trailing = token.Text.Reverse().TakeWhile(IsSpace).Count();
            if (leading == 1 && AddPrefixSpace && (i == 0 || start == 0))
                leading = 0;
            if (leading > 0)
                start = Math.Min(start + leading, end);
            if (trailing > 0 && end >= trailing)
                end = Math.Max(end - trailing, start);
            tokens[i] = token with { Start = start, End = end };
        }
    }

    private static bool IsSpace(char character) => character == ByteAlphabet.CharOf((byte)' ') || char.IsWhiteSpace(character);
}
