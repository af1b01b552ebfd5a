using System.Buffers;
using System.Globalization;
using System.Text;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>The <c>decoder</c> of a tokenizer: token texts back to one text.</summary>
internal abstract class TokenDecoder
{
    /// <param name="tokens">The tokens' texts, in order.</param>
    public abstract string Decode(IReadOnlyList<string> tokens);

    /// <summary>Byte-level tokens: each character is a byte; what is no UTF-8 becomes U+FFFD, one a maximal invalid part.</summary>
    public sealed class Bytes : TokenDecoder
    {
        public override string Decode(IReadOnlyList<string> tokens)
        {
            var utf8 = new ArrayBufferWriter<byte>(256);
            foreach (var token in tokens)
            {
                var bytes = utf8.GetSpan(Encoding.UTF8.GetMaxByteCount(token.Length));
                var count = 0;
                while (count < token.Length && ByteAlphabet.TryByteOf(token[count], out var b))
                    bytes[count++] = b;
                utf8.Advance(count == token.Length ? count : Encoding.UTF8.GetBytes(token, bytes));
            }
            return Encoding.UTF8.GetString(utf8.WrittenSpan);
        }
    }

    /// <summary>No decoder: tokens with a space between them.</summary>
    public sealed class Spaced : TokenDecoder
    {
        public override string Decode(IReadOnlyList<string> tokens) => string.Join(' ', tokens);
    }

    /// <summary>Steps on the list of token texts, joined at the end.</summary>
    public sealed class Steps(IReadOnlyList<Func<List<string>, List<string>>> steps) : TokenDecoder
    {
        public override string Decode(IReadOnlyList<string> tokens)
        {
            var texts = tokens.ToList();
            foreach (var step in steps)
                texts = step(texts);
            return string.Concat(texts);
        }
    }

    public static List<string> Replace(List<string> texts, string old, string by)
        => texts.ConvertAll(t => t.Replace(old, by, StringComparison.Ordinal));

    public static List<string> Fuse(List<string> texts) => [string.Concat(texts)];

    /// <summary>Takes up to <paramref name="start"/> (and <paramref name="stop"/>) of a character from the front (and the end) of each text.</summary>
    public static List<string> Strip(List<string> texts, char content, int start, int stop) => texts.ConvertAll(text =>
    {
        var (from, to) = (0, text.Length);
        while (from < to && from < start && text[from] == content)
            from++;
        while (to > from && text.Length - to < stop && text[to - 1] == content)
            to--;
        return text[from..to];
    });

    /// <summary>Runs of tokens like &lt;0xE2&gt; to their text; where a run is no UTF-8, U+FFFD for each of its bytes.</summary>
    public static List<string> ByteFallback(List<string> texts)
    {
        var decoded = new List<string>(texts.Count);
        var run = new List<byte>();
        foreach (var text in texts)
        {
            if (text.Length == 6 && text.StartsWith("<0x", StringComparison.Ordinal) && text[5] == '>'
                && byte.TryParse(text.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b))
            {
                run.Add(b);
                continue;
            }
            Flush();
            decoded.Add(text);
        }
        Flush();
        return decoded;

        void Flush()
        {
            if (run.Count == 0)
                return;
            var bytes = run.ToArray();
            decoded.Add(System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : new string('\uFFFD', bytes.Length));
            run.Clear();
        }
    }

    /// <summary>Replaced spaces back; the one that encoding put in front is taken away.</summary>
    public static List<string> Metaspace(List<string> texts, char replacement, bool prepended)
    {
        var decoded = new List<string>(texts.Count);
        for (var i = 0; i < texts.Count; i++)
        {
            var text = i == 0 && prepended && texts[i].StartsWith(replacement) ? texts[i][1..] : texts[i];
            decoded.Add(text.Replace(replacement, ' '));
        }
        return decoded;
    }
}
