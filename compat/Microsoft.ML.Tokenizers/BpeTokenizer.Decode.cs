using System.Buffers;
using System.Text;

namespace Microsoft.ML.Tokenizers;

public sealed partial class BpeTokenizer
{
    public override string Decode(IEnumerable<int> ids) => Decode(ids, considerSpecialTokens: true);

    /// <summary>The text of the ids. Ids that the vocabulary lacks are skipped; bytes that are no UTF-8 become U+FFFD.</summary>
    /// <param name="considerSpecialTokens">False: special tokens are left out.</param>
    public string Decode(IEnumerable<int> ids, bool considerSpecialTokens)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return ByteLevel ? DecodeBytes(ids, considerSpecialTokens) : DecodeCharacters(ids, considerSpecialTokens);
    }

    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
        => Decode(ids, destination, considerSpecialTokens: true, out idsConsumed, out charsWritten);

    /// <summary>As many whole ids as <paramref name="destination"/> has room for.</summary>
    public OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, bool considerSpecialTokens, out int idsConsumed, out int charsWritten)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var list = ids as IReadOnlyList<int> ?? ids.ToList();
        var whole = Decode(list, considerSpecialTokens);
        if (whole.TryCopyTo(destination))
        {
            (idsConsumed, charsWritten) = (list.Count, whole.Length);
            return OperationStatus.Done;
        }
        var (fits, over) = (0, list.Count);
        while (over - fits > 1)
        {
            var middle = (fits + over) / 2;
            if (Decode(list.Take(middle), considerSpecialTokens).Length <= destination.Length)
                fits = middle;
            else
                over = middle;
        }
        var part = Decode(list.Take(fits), considerSpecialTokens);
        part.CopyTo(destination);
        (idsConsumed, charsWritten) = (fits, part.Length);
        return OperationStatus.DestinationTooSmall;
    }

    private string? TokenOf(int id, bool considerSpecialTokens)
    {
        if (!considerSpecialTokens && (specialIds.Contains(id) || id == unknownId || id == beginningId || id == endId))
            return null;
        return specialText.TryGetValue(id, out var special) ? special : (uint)id < (uint)tokens.Length ? tokens[id] : null;
    }

    private string DecodeBytes(IEnumerable<int> ids, bool considerSpecialTokens)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        foreach (var id in ids)
        {
            var token = TokenOf(id, considerSpecialTokens);
            if (token is null)
                continue;
            if (specialIds.Contains(id))
            {
                Encoding.UTF8.GetBytes(token, bytes);
                continue;
            }
            foreach (var c in token)
            {
                if (c < ByteAlphabet.ByteOf.Length && ByteAlphabet.ByteOf[c] >= 0)
                    bytes.Write([(byte)ByteAlphabet.ByteOf[c]]);
                else
                    Encoding.UTF8.GetBytes([c], bytes);
            }
        }
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private string DecodeCharacters(IEnumerable<int> ids, bool considerSpecialTokens)
    {
        var text = new StringBuilder();
        foreach (var id in ids)
        {
            var token = TokenOf(id, considerSpecialTokens).AsSpan();
            if (ContinuingSubwordPrefix is { } prefix && text.Length > 0 && token.StartsWith(prefix, StringComparison.Ordinal))
                token = token[prefix.Length..];
            if (EndOfWordSuffix is { } suffix && token.EndsWith(suffix, StringComparison.Ordinal))
                text.Append(token[..^suffix.Length]).Append(' ');
            else
                text.Append(token);
        }
        return text.ToString();
    }
}
