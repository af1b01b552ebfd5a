using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Tokenizers;

/// <summary>SentencePiece's BPE from a <c>tokenizer.model</c>: the pair that makes the piece with the best score merges first.</summary>
public class SentencePieceTokenizer : Tokenizer
{
    private readonly Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
    private readonly SentencePieceModel.Piece[] pieces;
    private readonly int[] ranks;
    private readonly int[] byteIds = new int[256];
    private readonly int[] byteOf;
    private readonly SentencePieceNormalizer normalizer;
    private readonly Regex? special;
    private readonly Dictionary<int, string> specialText = [];

    internal SentencePieceTokenizer(SentencePieceModel model, bool addBeginning, bool addEnd, IReadOnlyDictionary<string, int>? specialTokens)
    {
        if (!model.IsBpe)
            throw new ArgumentException($"This SentencePiece model is of type {model.ModelType}; only pairs (BPE, type 2) are read here.");
        if (model.HasCharsMap)
            throw new ArgumentException("This SentencePiece model rewrites characters by a table, which is not read here.");
        pieces = [.. model.Pieces];
        ranks = Ranks(pieces);
        byteOf = new int[pieces.Length];
        Array.Fill(byteIds, -1);
        Array.Fill(byteOf, -1);
        for (var id = 0; id < pieces.Length; id++)
        {
            vocabulary.TryAdd(pieces[id].Text, id);
            if (pieces[id].Type != SentencePieceModel.PieceType.Byte || pieces[id].Text.Length != 6)
                continue;
            byteOf[id] = Convert.ToInt32(pieces[id].Text.Substring(3, 2), 16);
            byteIds[byteOf[id]] = id;
        }
        SpecialTokens = specialTokens;
        foreach (var (text, id) in specialTokens ?? new Dictionary<string, int>())
            specialText[id] = text;
        if (specialText.Count > 0)
            special = new Regex(string.Join('|', specialText.Values.OrderByDescending(t => t.Length).Select(Regex.Escape)));
        (AddBeginningOfSentence, AddEndOfSentence) = (addBeginning, addEnd);
        (ByteFallback, AddDummyPrefix, EscapeWhiteSpaces) = (model.ByteFallback, model.AddDummyPrefix, model.EscapeWhitespaces);
        TreatWhitespaceAsSuffix = model.TreatWhitespaceAsSuffix;
        (BeginningOfSentenceToken, EndOfSentenceToken, UnknownToken) = (model.BeginningPiece, model.EndPiece, model.UnknownPiece);
        (BeginningOfSentenceId, EndOfSentenceId, UnknownId) = (Math.Max(0, model.BeginningId), Math.Max(0, model.EndId), Math.Max(0, model.UnknownId));
        normalizer = new SentencePieceNormalizer(model.RemoveExtraWhitespaces, AddDummyPrefix, EscapeWhiteSpaces, TreatWhitespaceAsSuffix, specialTokens);
    }

    public IReadOnlyDictionary<string, int>? SpecialTokens { get; }
    public bool ByteFallback { get; }
    public bool AddDummyPrefix { get; }
    public bool EscapeWhiteSpaces { get; }
    public bool TreatWhitespaceAsSuffix { get; }
    public bool AddBeginningOfSentence { get; }
    public bool AddEndOfSentence { get; }
    public string BeginningOfSentenceToken { get; }
    public string EndOfSentenceToken { get; }
    public string UnknownToken { get; }
    public int BeginningOfSentenceId { get; }
    public int EndOfSentenceId { get; }
    public int UnknownId { get; }
    public override PreTokenizer? PreTokenizer => null;
    public override Normalizer? Normalizer => normalizer;
    public IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    /// <exception cref="ArgumentException">The stream holds no SentencePiece model of pairs.</exception>
    public static SentencePieceTokenizer Create(Stream modelStream, bool addBeginningOfSentence = true, bool addEndOfSentence = false, IReadOnlyDictionary<string, int>? specialTokens = null)
    {
        ArgumentNullException.ThrowIfNull(modelStream);
        return new SentencePieceTokenizer(ReadModel(modelStream), addBeginningOfSentence, addEndOfSentence, specialTokens);
    }

    internal static SentencePieceModel ReadModel(Stream stream)
    {
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return SentencePieceModel.Read(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    public IReadOnlyList<int> EncodeToIds(string text, bool addBeginningOfSentence, bool addEndOfSentence, bool considerPreTokenization = true, bool considerNormalization = true)
        => EncodeToIds(text.AsSpan(), addBeginningOfSentence, addEndOfSentence, considerPreTokenization, considerNormalization);

    public IReadOnlyList<int> EncodeToIds(ReadOnlySpan<char> text, bool addBeginningOfSentence, bool addEndOfSentence, bool considerPreTokenization = true, bool considerNormalization = true)
        => Ids(Encode(text, addBeginningOfSentence, addEndOfSentence, considerNormalization, int.MaxValue).Tokens);

    public IReadOnlyList<EncodedToken> EncodeToTokens(string text, out string? normalizedText, bool addBeginningOfSentence, bool addEndOfSentence, bool considerPreTokenization = true, bool considerNormalization = true)
        => EncodeToTokens(text.AsSpan(), out normalizedText, addBeginningOfSentence, addEndOfSentence, considerPreTokenization, considerNormalization);

    public IReadOnlyList<EncodedToken> EncodeToTokens(ReadOnlySpan<char> text, out string? normalizedText, bool addBeginningOfSentence, bool addEndOfSentence, bool considerPreTokenization = true, bool considerNormalization = true)
    {
        var results = Encode(text, addBeginningOfSentence, addEndOfSentence, considerNormalization, int.MaxValue);
        normalizedText = results.NormalizedText;
        return results.Tokens;
    }

    public int CountTokens(string text, bool addBeginningOfSentence, bool addEndOfSentence, bool considerPreTokenization = true, bool considerNormalization = true)
        => EncodeToIds(text, addBeginningOfSentence, addEndOfSentence, considerPreTokenization, considerNormalization).Count;

    /// <inheritdoc/>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
        => Encode(text is null ? textSpan : text, AddBeginningOfSentence, AddEndOfSentence, settings.ConsiderNormalization, settings.MaxTokenCount);

    /// <inheritdoc/>
    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
        => base.EncodeToIds(text, textSpan, settings);

    /// <inheritdoc/>
    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
        => EncodeToTokens(text, textSpan, settings).Tokens.Count;

    public override string Decode(IEnumerable<int> ids) => Decode(ids, considerSpecialTokens: true);

    /// <summary>The text of the ids; the space before the first word, which encoding added, is taken away again.</summary>
    public string Decode(IEnumerable<int> ids, bool considerSpecialTokens)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var bytes = new ArrayBufferWriter<byte>(256);
        foreach (var id in ids)
        {
            if (specialText.TryGetValue(id, out var text))
            {
                if (considerSpecialTokens)
                    Encoding.UTF8.GetBytes(text, bytes);
                continue;
            }
            if ((uint)id >= (uint)pieces.Length)
                continue;
            if (byteOf[id] >= 0)
                bytes.Write([(byte)byteOf[id]]);
            else if (considerSpecialTokens || pieces[id].Type is not (SentencePieceModel.PieceType.Control or SentencePieceModel.PieceType.Unknown))
                Encoding.UTF8.GetBytes(EscapeWhiteSpaces ? pieces[id].Text.Replace('\u2581', ' ') : pieces[id].Text, bytes);
        }
        var decoded = Encoding.UTF8.GetString(bytes.WrittenSpan);
        if (!AddDummyPrefix)
            return decoded;
        if (TreatWhitespaceAsSuffix)
            return decoded.EndsWith(' ') ? decoded[..^1] : decoded;
        return decoded.StartsWith(' ') ? decoded[1..] : decoded;
    }

    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
        => Decode(ids, destination, considerSpecialTokens: true, out idsConsumed, out charsWritten);

    public OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, bool considerSpecialTokens, out int idsConsumed, out int charsWritten)
    {
        var list = ids.ToList();
        for (idsConsumed = list.Count; idsConsumed > 0; idsConsumed--)
        {
            var text = Decode(list.Take(idsConsumed), considerSpecialTokens);
            if (!text.TryCopyTo(destination))
                continue;
            charsWritten = text.Length;
            return idsConsumed == list.Count ? OperationStatus.Done : OperationStatus.DestinationTooSmall;
        }
        charsWritten = 0;
        return list.Count == 0 ? OperationStatus.Done : OperationStatus.DestinationTooSmall;
    }

    private EncodeResults<EncodedToken> Encode(ReadOnlySpan<char> text, bool addBeginning, bool addEnd, bool normalize, int most)
    {
        var found = new List<EncodedToken>(text.Length / 3 + 2);
        if (text.IsEmpty)
            return new EncodeResults<EncodedToken> { Tokens = found };
        var whole = normalize ? normalizer.Normalize(text) : text.ToString();
        if (addBeginning)
            found.Add(new EncodedToken(BeginningOfSentenceId, BeginningOfSentenceToken, 0..0));
        var from = 0;
        if (special is not null)
        {
            foreach (var match in special.EnumerateMatches(whole))
            {
                Add(whole, from, match.Index, found);
                from = match.Index + match.Length;
                var token = whole[match.Index..from];
                found.Add(new EncodedToken(SpecialTokens![token], token, match.Index..from));
            }
        }
        Add(whole, from, whole.Length, found);
        if (addEnd)
            found.Add(new EncodedToken(EndOfSentenceId, EndOfSentenceToken, whole.Length..whole.Length));
        if (found.Count > most)
            found.RemoveRange(most, found.Count - most);
        return new EncodeResults<EncodedToken>
        {
            Tokens = found,
            NormalizedText = normalize ? whole : null,
            CharsConsumed = found.Count == 0 ? 0 : found[^1].Offset.End.Value,
        };
    }

    private void Add(string whole, int from, int to, List<EncodedToken> found)
    {
        if (to <= from)
            return;
        var text = whole.AsSpan(from, to - from);
        var symbols = ArrayPool<Symbol>.Shared.Rent(text.Length);
        var rule = new Rule(this, whole.AsMemory(from, to - from));
        var count = 0;
        for (var i = 0; i < text.Length;)
        {
            var length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            symbols[count++] = new Symbol(rule.Find(i, length), i, length);
            i += length;
        }
        count = SymbolMerger.Merge(symbols.AsSpan(0, count), rule);
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < count; i++)
        {
            var (id, start, length) = symbols[i];
            var range = (from + start)..(from + start + length);
            if (id >= 0)
            {
                found.Add(new EncodedToken(id, pieces[id].Text, range));
                continue;
            }
            Rune.DecodeFromUtf16(text[start..], out var rune, out _);
            var bytes = utf8[..rune.EncodeToUtf8(utf8)];
            if (!ByteFallback || HasGap(bytes))
            {
                found.Add(new EncodedToken(UnknownId, UnknownToken, range));
                continue;
            }
            foreach (var b in bytes)
                found.Add(new EncodedToken(byteIds[b], pieces[byteIds[b]].Text, range));
        }
        ArrayPool<Symbol>.Shared.Return(symbols);
    }

    private bool HasGap(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            if (byteIds[b] < 0)
                return true;
        }
        return false;
    }

    private static int[] Ids(IReadOnlyList<EncodedToken> tokens)
    {
        var ids = new int[tokens.Count];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = tokens[i].Id;
        return ids;
    }

    /// <summary>Pieces by falling score; equal scores share a rank, so that the leftmost comes first.</summary>
    private static int[] Ranks(SentencePieceModel.Piece[] pieces)
    {
        var order = Enumerable.Range(0, pieces.Length).OrderByDescending(i => pieces[i].Score).ToArray();
        var ranks = new int[pieces.Length];
        for (var i = 1; i < order.Length; i++)
            ranks[order[i]] = ranks[order[i - 1]] + (pieces[order[i]].Score.Equals(pieces[order[i - 1]].Score) ? 0 : 1);
        return ranks;
    }

    private readonly struct Rule(SentencePieceTokenizer owner, ReadOnlyMemory<char> text) : IMergeRule
    {
        public int Find(int start, int length)
            => owner.vocabulary.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text.Span.Slice(start, length), out var id)
                && owner.pieces[id].Type is SentencePieceModel.PieceType.Normal or SentencePieceModel.PieceType.UserDefined
                ? id
                : -1;

        public bool TryMerge(in Symbol left, in Symbol right, out int rank, out int id)
        {
            id = Find(left.Start, left.Length + right.Length);
            rank = id < 0 ? 0 : owner.ranks[id];
            return id >= 0;
        }
    }
}
