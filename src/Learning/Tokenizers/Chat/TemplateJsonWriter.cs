using System.Globalization;
using System.Text;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>The filter <c>tojson</c> as transformers sets it: Python's <c>json.dumps</c>, with letters of all scripts as they are.</summary>
internal static class TemplateJsonWriter
{
    private const int WidestIndent = 16;

    public static string Write(TemplateRun run, int line, object? value, TemplateArguments arguments)
    {
        var ascii = TemplateOperations.IsTrue(arguments.Get(0, "ensure_ascii"));
        var sorted = TemplateOperations.IsTrue(arguments.Get(3, "sort_keys"));
        var indent = arguments.Get(1, "indent") switch
        {
            null => null,
            long width and >= 0 and <= WidestIndent => new string(' ', (int)width),
            string text when text.Length <= WidestIndent => text,
            _ => throw run.NotKnown(line, $"indents JSON by something else than up to {WidestIndent} spaces"),
        };
        var (between, colon) = (indent is null ? ", " : ",", ": ");
        if (arguments.Get(2, "separators") is List<object?> { Count: 2 } separators && separators is [string b, string c])
            (between, colon) = (b, c);
        var json = new StringBuilder();
        Write(value, 0);
        return json.ToString();

        void Write(object? item, int depth)
        {
            run.Charge(line);
            if (json.Length > TemplateRun.LongestText)
                throw run.NotKnown(line, $"writes JSON of more than {TemplateRun.LongestText} characters, and was stopped");
            switch (item)
            {
                case null: json.Append("null"); break;
                case bool flag: json.Append(flag ? "true" : "false"); break;
                case long whole: json.Append(whole.ToString(CultureInfo.InvariantCulture)); break;
                case double number: json.Append(TemplateText.Number(number) switch { "nan" => "NaN", "inf" => "Infinity", "-inf" => "-Infinity", var text => text }); break;
                case string text: Text(text); break;
                case List<object?> list: Group("[", list, i => Write(i, depth + 1), "]", depth); break;
                case TemplateMap map:
                    Group<KeyValuePair<string, object?>>("{", sorted ? map.Items.OrderBy(i => i.Key, StringComparer.Ordinal) : map.Items, i => { Text(i.Key); json.Append(colon); Write(i.Value, depth + 1); }, "}", depth);
                    break;
                default: throw run.Refuse(line, $"Object of type {TemplateOperations.TypeName(item)} is not JSON serializable");
            }
        }

        void Group<T>(string open, IEnumerable<T> items, Action<T> write, string close, int depth)
        {
            json.Append(open);
            var any = false;
            foreach (var item in items)
            {
                json.Append(any ? between : "");
                any = true;
                NewLine(depth + 1);
                write(item);
            }
            if (any)
                NewLine(depth);
            json.Append(close);
        }

        void NewLine(int depth)
        {
            if (indent is not null)
                json.Append('\n').Insert(json.Length, indent, depth);
        }

        void Text(string text)
        {
            json.Append('"');
            foreach (var c in text)
            {
                _ = c switch
                {
                    '"' => json.Append("\\\""),
                    '\\' => json.Append("\\\\"),
                    '\n' => json.Append("\\n"),
                    '\r' => json.Append("\\r"),
                    '\t' => json.Append("\\t"),
                    '\b' => json.Append("\\b"),
                    '\f' => json.Append("\\f"),
                    _ when c < ' ' || ascii && c > '~' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                    _ => json.Append(c),
                };
            }
            json.Append('"');
        }
    }
}
