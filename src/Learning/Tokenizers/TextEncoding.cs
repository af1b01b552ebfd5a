namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>The tokens of a text, and where in it each of them comes from.</summary>
public sealed record TextEncoding(IReadOnlyList<TextEncoding.Token> Tokens)
{
    /// <param name="Id">Its id.</param>
    /// <param name="Text">As the vocabulary writes it; an added token as it stands in the text, with the white space it takes.</param>
    /// <param name="Start">Where it begins, in Unicode code points of the text.</param>
    /// <param name="End">Where it ends; a character cut into several tokens is whole in each of them.</param>
    public readonly record struct Token(int Id, string Text, int Start, int End);

    public int[] Ids => [.. Tokens.Select(t => t.Id)];
}
