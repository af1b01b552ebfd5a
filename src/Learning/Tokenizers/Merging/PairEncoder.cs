using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>
/// What the package cannot say: whole words of the vocabulary before any merge (<c>ignore_merges</c>, Llama 3), and pairs of
/// characters with bytes for the rare ones (<c>byte_fallback</c>, Llama 2).
/// </summary>
internal sealed class PairEncoder : IPieceEncoder
{
    private const int CacheCapacity = 1 << 16;
    private const int LongestCached = 48;
    private const char Metaspace = '\u2581';

    private readonly TokenizerFile file;
    private readonly MergeTable merges;
    private readonly int[] byteIds = new int[256];
    private readonly Dictionary<int, int> characterIds = [];
    private readonly int unknownId = -1;
    private readonly Dictionary<string, int>? wholeWords;
    private readonly bool cutsAtMetaspace;
    private readonly ConcurrentDictionary<string, int[]> cache = new();
    private int cached;

    public PairEncoder(TokenizerFile file)
    {
        this.file = file;
        merges = new MergeTable(file.MergeIds);
        for (var b = 0; b < 256; b++)
        {
            var token = file.ByteLevel ? ByteAlphabet.CharOf((byte)b).ToString() : string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>");
            byteIds[b] = file.Vocabulary.GetValueOrDefault(token, -1);
        }
        foreach (var (token, id) in file.Vocabulary)
        {
            if (Rune.DecodeFromUtf16(token, out var rune, out var length) == OperationStatus.Done && length == token.Length)
                characterIds[rune.Value] = id;
        }
        if (file.UnknownToken is { } unknown)
            unknownId = file.Vocabulary[unknown];
        if (file.IgnoreMerges)
            wholeWords = file.ByteLevel ? DecodedWords(file.Vocabulary) : file.Vocabulary;
        cutsAtMetaspace = !file.ByteLevel && !file.IgnoreMerges && characterIds.ContainsKey(Metaspace) && !file.Merges.Any(m => Crosses(m.Left + m.Right));
    }

    public void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        foreach (var (offset, length) in file.Splitters.Words(piece))
        {
            var word = piece.Slice(offset, length);
            if (!cutsAtMetaspace)
            {
                EncodeWord(word, ids);
                continue;
            }
            for (var start = 0; start < word.Length;)
            {
                var end = start + 1;
                while (end < word.Length && !(word[end] == Metaspace && word[end - 1] != Metaspace))
                    end++;
                EncodeWord(word[start..end], ids);
                start = end;
            }
        }
    }

    private void EncodeWord(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.Length <= LongestCached && cache.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out var known))
        {
            ids.AddRange(known.AsSpan());
            return;
        }
        if (wholeWords is not null && wholeWords.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out var whole))
        {
            ids.Add(whole);
            return;
        }
        var rented = ArrayPool<int>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(word.Length));
        var count = file.ByteLevel ? SplitBytes(word, rented) : SplitCharacters(word, rented);
        count = PairMerger.Merge(rented.AsSpan(0, count), merges);
        var found = rented.AsSpan(0, count);
        ids.AddRange(found);
        if (word.Length <= LongestCached && Volatile.Read(ref cached) < CacheCapacity && cache.TryAdd(word.ToString(), found.ToArray()))
            Interlocked.Increment(ref cached);
        ArrayPool<int>.Shared.Return(rented);
    }

    private int SplitBytes(ReadOnlySpan<char> word, Span<int> symbols)
    {
        var count = 0;
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in word.EnumerateRunes())
        {
            foreach (var b in utf8[..rune.EncodeToUtf8(utf8)])
            {
                var id = byteIds[b] >= 0 ? byteIds[b] : unknownId;
                if (id >= 0)
                    symbols[count++] = id;
            }
        }
        return count;
    }

    private int SplitCharacters(ReadOnlySpan<char> word, Span<int> symbols)
    {
        var count = 0;
        var afterUnknown = false;
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in word.EnumerateRunes())
        {
            if (characterIds.TryGetValue(rune.Value, out var id))
            {
                symbols[count++] = id;
                afterUnknown = false;
                continue;
            }
            var bytes = utf8[..rune.EncodeToUtf8(utf8)];
            if (file.ByteFallback && HasAll(bytes))
            {
                foreach (var b in bytes)
                    symbols[count++] = byteIds[b];
                continue;
            }
            if (unknownId >= 0 && !(afterUnknown && file.FuseUnknown))
                symbols[count++] = unknownId;
            afterUnknown = true;
        }
        return count;
    }

    private bool HasAll(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            if (byteIds[b] < 0)
                return false;
        }
        return true;
    }

    /// <summary>Words of a byte-level vocabulary as text; those that end inside a character can never be a whole word.</summary>
    private static Dictionary<string, int> DecodedWords(Dictionary<string, int> vocabulary)
    {
        var words = new Dictionary<string, int>(vocabulary.Count, StringComparer.Ordinal);
        var bytes = new List<byte>();
        foreach (var (token, id) in vocabulary)
        {
            bytes.Clear();
            foreach (var c in token)
            {
                if (ByteAlphabet.TryByteOf(c, out var b))
                    bytes.Add(b);
            }
            var utf8 = CollectionsMarshal.AsSpan(bytes);
            if (bytes.Count == token.Length && System.Text.Unicode.Utf8.IsValid(utf8))
                words[Encoding.UTF8.GetString(utf8)] = id;
        }
        return words;
    }

    private static bool Crosses(string token)
    {
        for (var i = 1; i < token.Length; i++)
        {
            if (token[i] == Metaspace && token[i - 1] != Metaspace)
                return true;
        }
        return false;
    }
}
