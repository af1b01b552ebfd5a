using System.Globalization;
using System.Text;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Texts as Python has them: sequences of code points.</summary>
internal static class TemplateText
{
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    public static string Strip(string text, string? characters, bool left = true, bool right = true)
    {
        var (from, to) = (0, text.Length);
        while (left && from < to && Goes(text[from]))
            from++;
        while (right && to > from && Goes(text[to - 1]))
            to--;
        return text[from..to];

        bool Goes(char c) => characters is null ? IsSpace(c) : characters.Contains(c);
    }

    public static int Length(string text)
    {
        var pairs = 0;
        for (var i = 1; i < text.Length; i++)
            pairs += char.IsLowSurrogate(text[i]) && char.IsHighSurrogate(text[i - 1]) ? 1 : 0;
        return text.Length - pairs;
    }

    /// <summary>Each code point as a text.</summary>
    public static List<object?> Characters(string text)
    {
        var characters = new List<object?>(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            characters.Add(text.Substring(i, length));
            i += length;
        }
        return characters;
    }

    public static List<object?> Split(string text, string? separator, long most)
    {
        var parts = new List<object?>();
        if (separator is not null)
        {
            var from = 0;
            while (most < 0 || parts.Count < most)
            {
                var found = text.IndexOf(separator, from, StringComparison.Ordinal);
                if (found < 0)
                    break;
                parts.Add(text[from..found]);
                from = found + separator.Length;
            }
            parts.Add(text[from..]);
            return parts;
        }
        for (var i = 0; ;)
        {
            while (i < text.Length && IsSpace(text[i]))
                i++;
            if (i == text.Length)
                return parts;
            if (most >= 0 && parts.Count >= most)
            {
                parts.Add(text[i..]);
                return parts;
            }
            var start = i;
            while (i < text.Length && !IsSpace(text[i]))
                i++;
            parts.Add(text[start..i]);
        }
    }

    /// <summary>From the right; a separator is needed.</summary>
    public static List<object?> SplitRight(string text, string separator, long most)
    {
        var parts = new List<object?>();
        var to = text.Length;
        while (most < 0 || parts.Count < most)
        {
            var found = to == 0 ? -1 : text.LastIndexOf(separator, to - 1, StringComparison.Ordinal);
            if (found < 0 || found + separator.Length > to)
                break;
            parts.Add(text[(found + separator.Length)..to]);
            to = found;
        }
        parts.Add(text[..to]);
        parts.Reverse();
        return parts;
    }

    /// <summary>Python's <c>str.title</c>: a capital after anything that is no letter.</summary>
    public static string Title(string text)
    {
        var titled = new StringBuilder(text.Length);
        var inWord = false;
        foreach (var c in text)
        {
            titled.Append(inWord ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c));
            inWord = char.IsLetter(c);
        }
        return titled.ToString();
    }

    /// <summary>Jinja's filter <c>title</c>: a capital after white space and opening brackets.</summary>
    public static string TitleWords(string text)
    {
        var titled = new StringBuilder(text.Length);
        foreach (var c in text)
            titled.Append(titled.Length == 0 || IsSpace(titled[^1]) || titled[^1] is '-' or '(' or '{' or '[' or '<' ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c));
        return titled.ToString();
    }

    public static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    /// <summary>Python's <c>repr</c> of a text.</summary>
    public static string Repr(string text)
    {
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var written = new StringBuilder().Append(quote);
        foreach (var c in text)
        {
            _ = c switch
            {
                '\\' => written.Append("\\\\"),
                '\n' => written.Append("\\n"),
                '\r' => written.Append("\\r"),
                '\t' => written.Append("\\t"),
                < ' ' or '\u007F' => written.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => c == quote ? written.Append('\\').Append(c) : written.Append(c),
            };
        }
        return written.Append(quote).ToString();
    }

    public static string Number(double value)
    {
        if (!double.IsFinite(value))
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        var magnitude = Math.Abs(value);
        if (value == 0 || magnitude is >= 1e-4 and < 1e16)
        {
            var plain = value.ToString(magnitude < 1e15 ? "R" : "F0", CultureInfo.InvariantCulture);
            if (plain.Contains('E'))
                plain = ((decimal)value).ToString(CultureInfo.InvariantCulture);
            return plain.Contains('.') ? plain : plain + ".0";
        }
        var text = value.ToString("E16", CultureInfo.InvariantCulture);
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        return shortest.Contains('E') ? shortest.Replace("E", "e", StringComparison.Ordinal) : text;
    }
}
