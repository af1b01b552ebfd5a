namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>A step of a <c>normalizer</c>: rewrites a piece of text.</summary>
internal abstract record TextRewrite
{
    public abstract string Apply(string text);

    /// <summary>Form C.</summary>
    public sealed record Compose : TextRewrite
    {
        public override string Apply(string text) => CanonicalComposition.Compose(text);
    }

    /// <summary>Puts a text in front of any piece that is not empty.</summary>
    public sealed record Prepend(string Prefix) : TextRewrite
    {
        public override string Apply(string text) => text.Length == 0 ? text : Prefix + text;
    }

    public sealed record Replace(string Old, string New) : TextRewrite
    {
        public override string Apply(string text) => text.Replace(Old, New, StringComparison.Ordinal);
    }

    public sealed record Lowercase : TextRewrite
    {
        public override string Apply(string text) => text.ToLowerInvariant();
    }
}
