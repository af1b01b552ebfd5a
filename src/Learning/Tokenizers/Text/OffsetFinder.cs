using System.Text;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>
/// Which part of the original each token stands for, found from the ids afterwards: the tokens of a piece follow one another in its UTF-8 bytes.
/// </summary>
internal sealed class OffsetFinder(TokenizerFile file, IReadOnlyList<string?> tokens)
{
    private readonly int unknown = file.UnknownToken is { } text ? file.Vocabulary[text] : -1;
    private readonly HashSet<int> known = file.UnknownToken is null || file.ByteLevel ? [] : [.. file.Vocabulary.Keys.Select(Single).Where(v => v >= 0)];

    /// <param name="piece">A piece as the model saw it.</param>
    /// <param name="ids">What the model made of it.</param>
    public void Find(AlignedText piece, IReadOnlyList<int> ids, List<TextEncoding.Token> found)
    {
        var places = BytePlaces(piece.Text);
        var from = 0;
        foreach (var id in ids)
        {
            var token = tokens[id]!;
            var to = Math.Min(from + Math.Max(1, Length(id, token, piece.Text, places, from)), places.Length);
            var (start, end) = from < to ? (piece[places[from]].Start, piece[places[to - 1]].End) : (0, 0);
            found.Add(new TextEncoding.Token(id, token, start, end));
            from = to;
        }
    }

    /// <summary>How many bytes of the piece a token stands for.</summary>
    private int Length(int id, string token, string text, int[] places, int from)
    {
        if (id == unknown && from < places.Length && !file.ByteLevel)
            return UnknownLength(text, places[from]);
        if (file.ByteLevel)
            return token.Length;
        return file.ByteFallback && token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>' ? 1 : Encoding.UTF8.GetByteCount(token);
    }

    /// <summary>One character that the vocabulary lacks, or all that follow one another where they are fused.</summary>
    private int UnknownLength(string text, int at)
    {
        var length = 0;
        foreach (var rune in text.AsSpan(at).EnumerateRunes())
        {
            if (length > 0 && (!file.FuseUnknown || known.Contains(rune.Value)))
                break;
            length += rune.Utf8SequenceLength;
        }
        return length;
    }

    /// <summary>For each UTF-8 byte of a text, the index of its character's first UTF-16 unit.</summary>
    private static int[] BytePlaces(string text)
    {
        var places = new int[Encoding.UTF8.GetByteCount(text)];
        var (at, unit) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            places.AsSpan(at, rune.Utf8SequenceLength).Fill(unit);
            at += rune.Utf8SequenceLength;
            unit += rune.Utf16SequenceLength;
        }
        return places;
    }

    private static int Single(string token)
        => Rune.DecodeFromUtf16(token, out var rune, out var length) == System.Buffers.OperationStatus.Done && length == token.Length ? rune.Value : -1;
}
