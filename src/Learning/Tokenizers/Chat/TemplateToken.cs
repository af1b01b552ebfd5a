namespace DataflowRlhf.Learning.Tokenizers;

internal enum TemplateTokenKind
{
    /// <summary>Text outside of any tag.</summary>
    Data,

    /// <summary>{{ and {%.</summary>
    Open,

    /// <summary>}} and %}.</summary>
    Close,
    Name,
    Text,
    Number,
    Operator,
    End,
}

internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Text, int Line, object? Value = null)
{
    public bool Is(TemplateTokenKind kind, string text) => Kind == kind && Text == text;
}
