using System.Globalization;
using System.Text;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>
/// Cuts a Jinja template into tokens, as the library transformers sets Jinja: the line break behind a block goes (trim_blocks), and so does
/// the white space in front of a block that stands first on its line (lstrip_blocks).
/// </summary>
internal sealed class TemplateLexer
{
    private static readonly string[] Operators = ["**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ".", ":", "|", ",", ";"];

    private readonly string source;
    private readonly string where;
    private readonly List<TemplateToken> tokens = [];
    private int at;
    private int line = 1;

    private TemplateLexer(string source, string where)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        this.source = source.EndsWith('\n') ? source[..^1] : source;
        this.where = where;
    }

    public static List<TemplateToken> Read(string source, string where)
    {
        var lexer = new TemplateLexer(source, where);
        lexer.ReadAll();
        return lexer.tokens;
    }

    public static TokenizerFileException Error(string where, int line, string problem) => new($"{where}: line {line} of the chat template {problem}.");

    private void ReadAll()
    {
        while (at < source.Length)
        {
            var open = NextTag();
            if (open < 0)
            {
                Data(at, source.Length, source.Length);
                break;
            }
            var kind = source[open + 1];
            var sign = open + 2 < source.Length && source[open + 2] is '-' or '+' ? source[open + 2] : '\0';
            Data(at, EndOfData(open, kind, sign), open);
            Skip(sign == '\0' ? 2 : 3);
            if (kind == '#')
                Comment();
            else if (kind == '%' && IsRaw(out var body))
                Raw(body);
            else
                Tag(kind == '%' ? "{%" : "{{", kind == '%' ? "%}" : "}}");
        }
        tokens.Add(new TemplateToken(TemplateTokenKind.End, "", line));
    }

    private int NextTag()
    {
        for (var i = at; ; i++)
        {
            i = source.IndexOf('{', i);
            if (i < 0 || i + 1 >= source.Length)
                return -1;
            if (source[i + 1] is '{' or '%' or '#')
                return i;
        }
    }

    private int EndOfData(int open, char kind, char sign)
    {
        var end = open;
        if (sign == '-')
        {
            while (end > at && TemplateText.IsSpace(source[end - 1]))
                end--;
        }
        else if (sign != '+' && kind != '{')
        {
            var start = open;
            while (start > at && source[start - 1] != '\n' && TemplateText.IsSpace(source[start - 1]))
                start--;
            if (start == 0 || source[start - 1] == '\n')
                end = start;
        }
        return end;
    }

    private void Data(int from, int to, int next)
    {
        if (to > from)
            tokens.Add(new TemplateToken(TemplateTokenKind.Data, source[from..to], line));
        Skip(next - from);
    }

    private void Comment()
    {
        var start = line;
        var close = source.IndexOf("#}", at, StringComparison.Ordinal);
        if (close < 0)
            throw Error(where, start, "begins a comment {# that does not end");
        var sign = close > at ? source[close - 1] : '\0';
        Skip(close + 2 - at);
        AfterClose(sign, block: true);
    }

    private bool IsRaw(out int body)
    {
        var i = at;
        while (i < source.Length && TemplateText.IsSpace(source[i]))
            i++;
        body = 0;
        if (!source.AsSpan(i).StartsWith("raw"))
            return false;
        i += 3;
        while (i < source.Length && TemplateText.IsSpace(source[i]))
            i++;
        var sign = i < source.Length && source[i] is '-' or '+' ? source[i++] : '\0';
        if (!source.AsSpan(i).StartsWith("%}"))
            return false;
        Skip(i + 2 - at);
        AfterClose(sign, block: true);
        body = at;
        return true;
    }

    private void Raw(int body)
    {
        var start = line;
        for (var open = source.IndexOf("{%", body, StringComparison.Ordinal); open >= 0; open = source.IndexOf("{%", open + 2, StringComparison.Ordinal))
        {
            var i = open + 2;
            var sign = i < source.Length && source[i] is '-' or '+' ? source[i++] : '\0';
            while (i < source.Length && TemplateText.IsSpace(source[i]))
                i++;
            if (!source.AsSpan(i).StartsWith("endraw"))
                continue;
            i += 6;
            while (i < source.Length && TemplateText.IsSpace(source[i]))
                i++;
            var closing = i < source.Length && source[i] is '-' or '+' ? source[i++] : '\0';
            if (!source.AsSpan(i).StartsWith("%}"))
                continue;
            Data(at, EndOfData(open, '%', sign), open);
            Skip(i + 2 - at);
            AfterClose(closing, block: true);
            return;
        }
        throw Error(where, start, "begins a raw block that does not end");
    }

    /// <summary>What goes behind a tag: all white space after a minus, one line break after a block.</summary>
    private void AfterClose(char sign, bool block)
    {
        if (sign == '-')
        {
            while (at < source.Length && TemplateText.IsSpace(source[at]))
                Skip(1);
        }
        else if (block && sign != '+' && at < source.Length && source[at] == '\n')
        {
            Skip(1);
        }
    }

    private void Tag(string open, string close)
    {
        var start = line;
        tokens.Add(new TemplateToken(TemplateTokenKind.Open, open, line));
        var brackets = 0;
        while (true)
        {
            while (at < source.Length && TemplateText.IsSpace(source[at]))
                Skip(1);
            if (at >= source.Length)
                throw Error(where, start, $"begins a tag {open} that does not end");
            var rest = source.AsSpan(at);
            var sign = rest[0] is '-' or '+' && rest[1..].StartsWith(close) ? rest[0] : '\0';
            if (brackets == 0 && (sign != '\0' || rest.StartsWith(close)))
            {
                tokens.Add(new TemplateToken(TemplateTokenKind.Close, close, line));
                Skip(close.Length + (sign == '\0' ? 0 : 1));
                AfterClose(sign, block: close == "%}");
                return;
            }
            var token = Next(rest);
            brackets += token.Kind != TemplateTokenKind.Operator ? 0 : token.Text is "(" or "[" or "{" ? 1 : token.Text is ")" or "]" or "}" ? -1 : 0;
            tokens.Add(token);
        }
    }

    private TemplateToken Next(ReadOnlySpan<char> rest)
    {
        var here = line;
        var length = 0;
        if (char.IsLetter(rest[0]) || rest[0] == '_')
        {
            while (length < rest.Length && (char.IsLetterOrDigit(rest[length]) || rest[length] == '_'))
                length++;
            Skip(length);
            return new TemplateToken(TemplateTokenKind.Name, rest[..length].ToString(), here);
        }
        if (char.IsAsciiDigit(rest[0]))
            return Number(rest, here);
        if (rest[0] is '\'' or '"')
            return Text(rest, here);
        foreach (var op in Operators)
        {
            if (!rest.StartsWith(op))
                continue;
            Skip(op.Length);
            return new TemplateToken(TemplateTokenKind.Operator, op, here);
        }
        throw Error(where, here, $"holds '{rest[0]}', which begins nothing that is known");
    }

    private TemplateToken Number(ReadOnlySpan<char> rest, int here)
    {
        var length = 0;
        while (length < rest.Length && (char.IsAsciiDigit(rest[length]) || rest[length] == '_'))
            length++;
        var whole = true;
        if (length + 1 < rest.Length && rest[length] == '.' && char.IsAsciiDigit(rest[length + 1]))
        {
            whole = false;
            length++;
            while (length < rest.Length && char.IsAsciiDigit(rest[length]))
                length++;
        }
        var exponent = length + 1 < rest.Length && rest[length] is 'e' or 'E' ? rest[length + 1] is '+' or '-' ? 2 : 1 : 0;
        if (exponent > 0 && length + exponent < rest.Length && char.IsAsciiDigit(rest[length + exponent]))
        {
            whole = false;
            length += exponent;
            while (length < rest.Length && char.IsAsciiDigit(rest[length]))
                length++;
        }
        var text = rest[..length].ToString().Replace("_", "", StringComparison.Ordinal);
        Skip(length);
        if (whole && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw Error(where, here, $"holds the number {text}, which is too large");
        object value = whole ? (object)long.Parse(text, CultureInfo.InvariantCulture) : double.Parse(text, CultureInfo.InvariantCulture);
        return new TemplateToken(TemplateTokenKind.Number, text, here, value);
    }

    private TemplateToken Text(ReadOnlySpan<char> rest, int here)
    {
        var text = new StringBuilder();
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] == rest[0])
            {
                Skip(i + 1);
                return new TemplateToken(TemplateTokenKind.Text, text.ToString(), here, text.ToString());
            }
            if (rest[i] != '\\' || i + 1 >= rest.Length)
            {
                text.Append(rest[i]);
                continue;
            }
            i++;
            i += Escape(rest, i, text, here);
        }
        throw Error(where, here, "begins a text that does not end");
    }

    /// <returns>How many characters follow the one behind the backslash.</returns>
    private int Escape(ReadOnlySpan<char> rest, int i, StringBuilder text, int here)
    {
        var digits = rest[i] switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0)
        {
            if (i + digits < rest.Length && uint.TryParse(rest.Slice(i + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point) && point <= 0x10FFFF)
            {
                text.Append(point < 0x10000 ? ((char)point).ToString() : char.ConvertFromUtf32((int)point));
                return digits;
            }
            throw Error(where, here, $"holds an escape \\{rest[i]} without its {digits} hexadecimal digits");
        }
        if (rest[i] is >= '0' and <= '7')
        {
            var (value, length) = (0, 0);
            while (length < 3 && rest[i + length] is >= '0' and <= '7')
                value = value * 8 + (rest[i + length++] - '0');
            text.Append((char)value);
            return length - 1;
        }
        var plain = rest[i] switch { 'n' => "\n", 't' => "\t", 'r' => "\r", 'a' => "\a", 'b' => "\b", 'f' => "\f", 'v' => "\v", '\n' => "", '\\' or '\'' or '"' => rest[i].ToString(), _ => "\\" + rest[i] };
        text.Append(plain);
        return 0;
    }

    private void Skip(int count)
    {
        line += source.AsSpan(at, count).Count('\n');
        at += count;
    }
}
