using System.Buffers;
using System.Text;

namespace Microsoft.ML.Tokenizers;

public sealed partial class BpeTokenizer
{
    private readonly struct Rule(PairRanks pairs) : IMergeRule
    {
        public bool TryMerge(in Symbol left, in Symbol right, out int rank, out int id)
        {
            if ((left.Id | right.Id) >= 0)
                return pairs.TryGet(left.Id, right.Id, out rank, out id);
            (rank, id) = (0, -1);
            return false;
        }
    }

    /// <inheritdoc/>
    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var input = Prepare(text, textSpan, settings, out var normalized);
        var most = settings.MaxTokenCount;
        var ids = new List<int>(Math.Min(input.Length / 3 + 2, 1 << 20));
        if (input.IsEmpty)
            return new EncodeResults<int> { Tokens = ids, NormalizedText = normalized };
        if (beginningId is { } beginning)
            ids.Add(beginning);
        var consumed = 0;
        var complete = true;
        foreach (var (offset, length) in Words(text, normalized, input, settings))
        {
            if (ids.Count >= most)
            {
                complete = false;
                break;
            }
            var word = input.Slice(offset, length);
            var before = ids.Count;
            AddIds(word, ids);
            consumed = offset + length;
            if (ids.Count <= most)
                continue;
            ids.RemoveRange(before, ids.Count - before);
            consumed = offset + AddWhole(word, offset, most - before, ids);
            complete = false;
            break;
        }
        if (complete && endId is { } end && ids.Count < most)
            ids.Add(end);
        return new EncodeResults<int> { Tokens = ids, NormalizedText = normalized, CharsConsumed = complete ? input.Length : consumed };
    }

    /// <inheritdoc/>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var input = Prepare(text, textSpan, settings, out var normalized);
        var most = settings.MaxTokenCount;
        var found = new List<EncodedToken>(input.Length / 3 + 2);
        if (input.IsEmpty)
            return new EncodeResults<EncodedToken> { Tokens = found, NormalizedText = normalized };
        if (beginningId is { } beginning)
            found.Add(new EncodedToken(beginning, BeginningOfSentenceToken!, 0..0));
        foreach (var (offset, length) in Words(text, normalized, input, settings))
        {
            if (found.Count >= most)
                break;
            AddTokens(input.Slice(offset, length), offset, found);
        }
        var complete = found.Count <= most;
        if (!complete)
            found.RemoveRange(most, found.Count - most);
        if (endId is { } end && found.Count < most)
            found.Add(new EncodedToken(end, EndOfSentenceToken!, input.Length..input.Length));
        return new EncodeResults<EncodedToken>
        {
            Tokens = found,
            NormalizedText = normalized,
            CharsConsumed = complete && found.Count < most ? input.Length : found[^1].Offset.End.Value,
        };
    }

    /// <inheritdoc/>
    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
        => EncodeToIds(text, textSpan, settings).Tokens.Count;

    /// <inheritdoc/>
    protected override int GetIndexByTokenCount(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings, bool fromEnd, out string? normalizedText, out int tokenCount)
        => base.GetIndexByTokenCount(text, textSpan, settings, fromEnd, out normalizedText, out tokenCount);

    private ReadOnlySpan<char> Prepare(string? text, ReadOnlySpan<char> span, EncodeSettings settings, out string? normalized)
    {
        normalized = null;
        var input = text is null ? span : text.AsSpan();
        if (!settings.ConsiderNormalization || normalizer is null || input.IsEmpty)
            return input;
        normalized = text is null ? normalizer.Normalize(span) : normalizer.Normalize(text);
        return normalized;
    }

    private IEnumerable<(int Offset, int Length)> Words(string? text, string? normalized, ReadOnlySpan<char> input, EncodeSettings settings)
    {
        if (!settings.ConsiderPreTokenization)
            return [(0, input.Length)];
        return (normalized ?? text) is { } whole ? preTokenizer.PreTokenize(whole) : preTokenizer.PreTokenize(input);
    }

    private void AddIds(ReadOnlySpan<char> word, List<int> ids)
    {
        if (cache.TryGet(word, out var known))
        {
            ids.AddRange(known.AsSpan());
            return;
        }
        if (IsSpecial(word, out var special))
        {
            ids.Add(special);
            return;
        }
        var rented = ArrayPool<Symbol>.Shared.Rent(Capacity(word));
        var before = ids.Count;
        var count = Split(word, rented, null);
        count = SymbolMerger.Merge(rented.AsSpan(0, count), new Rule(pairs));
        for (var i = 0; i < count; i++)
            ids.Add(rented[i].Id);
        ArrayPool<Symbol>.Shared.Return(rented);
        cache.Keep(word, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ids)[before..]);
    }

    private void AddTokens(ReadOnlySpan<char> word, int offset, List<EncodedToken> found)
    {
        if (IsSpecial(word, out var special))
        {
            found.Add(new EncodedToken(special, word.ToString(), offset..(offset + word.Length)));
            return;
        }
        var size = Capacity(word);
        var rented = ArrayPool<Symbol>.Shared.Rent(size);
        var places = ArrayPool<int>.Shared.Rent(size + 1);
        var count = Split(word, rented, places);
        count = SymbolMerger.Merge(rented.AsSpan(0, count), new Rule(pairs));
        for (var i = 0; i < count; i++)
        {
            var (id, start, length) = rented[i];
            var range = ByteLevel ? (places[start] & ~Inside)..End(places, start + length - 1, word) : start..(start + length);
            found.Add(new EncodedToken(id, tokens[id] ?? "", (offset + range.Start.Value)..(offset + range.End.Value)));
        }
        ArrayPool<Symbol>.Shared.Return(rented);
        ArrayPool<int>.Shared.Return(places);
    }

    /// <summary>The first tokens of a word that is too long for what is left, but never part of a character.</summary>
    private int AddWhole(ReadOnlySpan<char> word, int offset, int most, List<int> ids)
    {
        var found = new List<EncodedToken>();
        AddTokens(word, offset, found);
        var count = Math.Min(most, found.Count);
        while (count > 0 && count < found.Count && found[count].Offset.Start.Value < found[count - 1].Offset.End.Value)
            count--;
        for (var i = 0; i < count; i++)
            ids.Add(found[i].Id);
        return count == 0 ? 0 : found[count - 1].Offset.End.Value - offset;
    }

    private bool IsSpecial(ReadOnlySpan<char> word, out int id)
    {
        id = 0;
        return SpecialTokens is not null && SpecialTokens.TryGetValue(word.ToString(), out id);
    }

    private int Capacity(ReadOnlySpan<char> word) => ByteLevel ? Encoding.UTF8.GetMaxByteCount(word.Length) : word.Length;

    private const int Inside = 1 << 30;

    private static int End(int[] places, int lastByte, ReadOnlySpan<char> word)
    {
        var at = places[lastByte] & ~Inside;
        return at + (char.IsHighSurrogate(word[at]) && at + 1 < word.Length && char.IsLowSurrogate(word[at + 1]) ? 2 : 1);
    }

    /// <summary>A word as its first symbols. <paramref name="places"/>, where wanted, gets the character that each byte belongs to.</summary>
    private int Split(ReadOnlySpan<char> word, Span<Symbol> symbols, int[]? places)
        => ByteLevel ? SplitBytes(word, symbols, places) : SplitCharacters(word, symbols);

    private int SplitBytes(ReadOnlySpan<char> word, Span<Symbol> symbols, int[]? places)
    {
        var count = 0;
        var position = 0;
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < word.Length;)
        {
            Rune.DecodeFromUtf16(word[i..], out var rune, out var consumed);
            var length = rune.EncodeToUtf8(utf8);
            for (var b = 0; b < length; b++, position++)
            {
                if (places is not null)
                    places[position] = i | (b > 0 ? Inside : 0);
                var id = byteIds[utf8[b]] >= 0 ? byteIds[utf8[b]] : unknownId ?? -1;
                if (id >= 0)
                    symbols[count++] = new Symbol(id, position, 1);
            }
            i += consumed;
        }
        return count;
    }

    private int SplitCharacters(ReadOnlySpan<char> word, Span<Symbol> symbols)
    {
        var count = 0;
        var afterUnknown = false;
        for (var i = 0; i < word.Length;)
        {
            var length = char.IsHighSurrogate(word[i]) && i + 1 < word.Length && char.IsLowSurrogate(word[i + 1]) ? 2 : 1;
            var last = i + length >= word.Length;
            var known = i > 0 && ContinuingSubwordPrefix is not null || last && EndOfWordSuffix is not null
                ? vocabulary.TryGetValue($"{(i > 0 ? ContinuingSubwordPrefix : null)}{word.Slice(i, length)}{(last ? EndOfWordSuffix : null)}", out var id)
                : lookup.TryGetValue(word.Slice(i, length), out id);
            if (known)
            {
                symbols[count++] = new Symbol(id, i, length);
            }
            else if (unknownId is { } unknown)
            {
                if (afterUnknown && FuseUnknownTokens)
                    symbols[count - 1] = new Symbol(unknown, symbols[count - 1].Start, symbols[count - 1].Length + length);
                else
                    symbols[count++] = new Symbol(unknown, i, length);
            }
            afterUnknown = !known;
            i += length;
        }
        return count;
    }
}
