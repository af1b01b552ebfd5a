using System.Text;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>A step of a <c>normalizer</c>: rewrites a piece of text.</summary>
internal abstract record TextRewrite
{
    public abstract string Apply(string text);

    /// <summary>The same, with the place in the original where that is tracked.</summary>
    public AlignedText Apply(AlignedText text) => text.IsTracked ? ApplyTracked(text) : text.WithText(Apply(text.Text));

    protected abstract AlignedText ApplyTracked(AlignedText text);

    /// <summary>Form C.</summary>
    public sealed record Compose : TextRewrite
    {
        public override string Apply(string text) => CanonicalComposition.Compose(text);

        protected override AlignedText ApplyTracked(AlignedText text) => text.Transform(CanonicalComposition.Changes(text.Text));
    }

    /// <summary>Puts a text in front of any piece that is not empty.</summary>
    public sealed record Prepend(string Prefix) : TextRewrite
    {
        public override string Apply(string text) => text.Length == 0 ? text : Prefix + text;

        protected override AlignedText ApplyTracked(AlignedText text) => text.Prepend(Prefix);
    }

    public sealed record Replace(string Old, string New) : TextRewrite
    {
        public override string Apply(string text) => text.Replace(Old, New, StringComparison.Ordinal);

        protected override AlignedText ApplyTracked(AlignedText text) => text.Replace(Old, New);
    }

    public sealed record Lowercase : TextRewrite
    {
        public override string Apply(string text) => text.Replace("\u0130", "i\u0307", StringComparison.Ordinal).ToLowerInvariant();

        protected override AlignedText ApplyTracked(AlignedText text) => text.Transform(Changes(text.Text));

        // The one capital letter whose small form is two characters.
        private static IEnumerable<(Rune, int)> Changes(string text)
        {
            foreach (var rune in text.EnumerateRunes())
            {
                yield return (rune.Value == 0x130 ? new Rune('i') : Rune.ToLowerInvariant(rune), 0);
                if (rune.Value == 0x130)
                    yield return (new Rune('\u0307'), 1);
            }
        }
    }
}
