using System.Runtime.InteropServices;
using System.Text;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>A piece of text on its way through a normalizer; where offsets are wanted, it knows which part of the original each character stands for.</summary>
internal sealed class AlignedText
{
    private readonly (int Start, int End)[]? origin;
    private readonly int start;

    private AlignedText(string text, (int Start, int End)[]? origin, int start)
    {
        Text = text;
        this.origin = origin;
        this.start = start;
    }

    public string Text { get; }

    public bool IsTracked => origin is not null;

    /// <summary>The part of the original, in UTF-16 units, of the unit at an index. A pair of surrogates is one part.</summary>
    public (int Start, int End) this[int index] => origin![index];

    public static AlignedText Untracked(string text) => new(text, null, 0);

    public static AlignedText Tracked(string text)
    {
        var origin = new (int, int)[text.Length];
        for (var i = 0; i < text.Length;)
        {
            var length = LengthAt(text, i);
            origin.AsSpan(i, length).Fill((i, i + length));
            i += length;
        }
        return new AlignedText(text, origin, 0);
    }

    public AlignedText Slice(int from, int to)
    {
        if (from == 0 && to == Text.Length)
            return this;
        return new AlignedText(Text[from..to], origin?[from..to], origin is null ? 0 : from < to ? origin[from].Start : start);
    }

    /// <summary>The same place in the original, another text, of which nothing is tracked.</summary>
    public AlignedText WithText(string text) => new(text, null, start);

    /// <summary>
    /// Rewrites the text character by character. A change of 0 takes the place of one character, -n of n more; with a change of 1 the
    /// character is new, and stands for what the character before its place stood for.
    /// </summary>
    public AlignedText Transform(IEnumerable<(Rune Rune, int Change)> changes)
    {
        var text = new StringBuilder(Text.Length + 4);
        var parts = new List<(int, int)>(Text.Length + 4);
        Span<char> utf16 = stackalloc char[2];
        var at = 0;
        foreach (var (rune, change) in changes)
        {
            var part = change > 0 ? at < 1 ? (start, start) : origin![at - 1] : origin![at];
            for (var taken = change; taken <= 0; taken++)
                at += LengthAt(Text, at);
            var units = utf16[..rune.EncodeToUtf16(utf16)];
            text.Append(units);
            for (var i = 0; i < units.Length; i++)
                parts.Add(part);
        }
        return new AlignedText(text.ToString(), [.. parts], start);
    }

    /// <summary>A prefix, which stands for what the first character stands for. Nothing where there is no character.</summary>
    public AlignedText Prepend(string prefix)
    {
        if (Text.Length == 0)
            return this;
        if (origin is null)
            return WithText(prefix + Text);
        var first = origin[0];
        return new AlignedText(prefix + Text, [.. Enumerable.Repeat(first, prefix.Length), .. origin], start);
    }

    /// <summary>Each occurrence replaced; what comes in stands for the last character of what went out.</summary>
    public AlignedText Replace(string old, string by)
    {
        if (origin is null || !Text.Contains(old, StringComparison.Ordinal))
            return origin is null ? WithText(Text.Replace(old, by, StringComparison.Ordinal)) : this;
        var parts = new List<(int, int)>(Text.Length);
        for (var from = 0; from < Text.Length;)
        {
            var found = Text.IndexOf(old, from, StringComparison.Ordinal);
            var stop = found < 0 ? Text.Length : found;
            parts.AddRange(origin.AsSpan(from, stop - from));
            if (found < 0)
                break;
            from = found + old.Length;
            CollectionsMarshal.SetCount(parts, parts.Count + by.Length);
            CollectionsMarshal.AsSpan(parts)[^by.Length..].Fill(origin[from - 1]);
        }
        return new AlignedText(Text.Replace(old, by, StringComparison.Ordinal), [.. parts], start);
    }

    private static int LengthAt(string text, int i) => char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
}
