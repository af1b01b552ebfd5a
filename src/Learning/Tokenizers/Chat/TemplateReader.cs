namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Walks over a template's tokens.</summary>
internal sealed class TemplateReader(List<TemplateToken> tokens, string where)
{
    private const int Deepest = 200;

    private int at;
    private int depth;

    public TemplateToken Current => tokens[at];

    public TemplateToken Following => tokens[Math.Min(at + 1, tokens.Count - 1)];

    public int Line => Current.Line;

    public TokenizerFileException Error(int line, string problem) => TemplateLexer.Error(where, line, problem);

    /// <summary>One level deeper, until what comes back is disposed.</summary>
    public Level Enter() => ++depth <= Deepest ? new Level(this) : throw Error(Line, $"is nested too deeply, more than {Deepest} levels");

    public readonly ref struct Level(TemplateReader reader)
    {
        public void Dispose() => reader.depth--;
    }

    public TemplateToken Take() => tokens[at < tokens.Count - 1 ? at++ : at];

    public bool TakeName(string name) => Take(Current.Is(TemplateTokenKind.Name, name));

    public bool TakeOperator(string text) => Take(Current.Is(TemplateTokenKind.Operator, text));

    public void Expect(string text)
    {
        if (!TakeOperator(text))
            throw Error(Line, $"has '{Current.Text}' where '{text}' is expected");
    }

    public void ExpectName(string name)
    {
        if (!TakeName(name))
            throw Error(Line, $"has '{Current.Text}' where '{name}' is expected");
    }

    public string Name()
    {
        var token = Take();
        return token.Kind == TemplateTokenKind.Name ? token.Text : throw Error(token.Line, $"has '{token.Text}' where a name is expected");
    }

    /// <summary>The end of a tag.</summary>
    public void Close(string close)
    {
        var token = Take();
        if (!token.Is(TemplateTokenKind.Close, close))
            throw Error(token.Line, $"has '{token.Text}' where the tag should end with {close}");
    }

    private bool Take(bool fits)
    {
        if (fits)
            at++;
        return fits;
    }
}
