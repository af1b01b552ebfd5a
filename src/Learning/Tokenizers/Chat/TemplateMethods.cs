namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>The methods of texts, lists and dictionaries that a template may call. None of them changes its value.</summary>
internal static class TemplateMethods
{
    /// <summary>The method of that name; null where the value has no such method.</summary>
    public static TemplateFunction? Find(object? value, string name) => value switch
    {
        string text => OfText(text, name),
        TemplateMap map => OfMap(map, name),
        List<object?> list => OfList(list, name),
        _ => null,
    };

    private static TemplateFunction? OfText(string text, string name)
    {
        return name switch
        {
            "strip" => (run, line, a) => run.Made(line, TemplateText.Strip(text, Optional(run, line, a, 0, "chars"))),
            "lstrip" => (run, line, a) => run.Made(line, TemplateText.Strip(text, Optional(run, line, a, 0, "chars"), right: false)),
            "rstrip" => (run, line, a) => run.Made(line, TemplateText.Strip(text, Optional(run, line, a, 0, "chars"), left: false)),
            "upper" => (run, line, _) => run.Made(line, text.ToUpperInvariant()),
            "lower" => (run, line, _) => run.Made(line, text.ToLowerInvariant()),
            "title" => (run, line, _) => run.Made(line, TemplateText.Title(text)),
            "capitalize" => (run, line, _) => run.Made(line, TemplateText.Capitalize(text)),
            "split" => (run, line, a) => Charged(run, line, TemplateText.Split(text, Separator(run, line, a), Most(a))),
            "rsplit" => (run, line, a) => Charged(run, line, TemplateText.SplitRight(text, Separator(run, line, a) ?? throw run.NotKnown(line, "calls rsplit without a separator, which is not supported"), Most(a))),
            "splitlines" => (run, line, _) => Charged(run, line, Lines(text)),
            "startswith" => (run, line, a) => Any(run, line, a, p => text.StartsWith(p, StringComparison.Ordinal)),
            "endswith" => (run, line, a) => Any(run, line, a, p => text.EndsWith(p, StringComparison.Ordinal)),
            "replace" => (run, line, a) => Replace(run, line, text, Text(run, line, a, 0, "old"), Text(run, line, a, 1, "new"), TemplateOperations.Whole(a.Get(2, "count")) ?? -1),
            "join" => (run, line, a) => Join(run, line, text, a.Get(0, "iterable")),
            "find" => (run, line, a) => Place(text, text.IndexOf(Text(run, line, a, 0, "sub"), StringComparison.Ordinal)),
            "rfind" => (run, line, a) => Place(text, text.LastIndexOf(Text(run, line, a, 0, "sub"), StringComparison.Ordinal)),
            "count" => (run, line, a) => (long)TemplateText.Split(text, Text(run, line, a, 0, "sub"), -1).Count - 1,
            "isdigit" => (_, _, _) => text.Length > 0 && text.All(char.IsDigit),
            "isalpha" => (_, _, _) => text.Length > 0 && text.All(char.IsLetter),
            "isspace" => (_, _, _) => text.Length > 0 && text.All(TemplateText.IsSpace),
            "removeprefix" => (run, line, a) => Text(run, line, a, 0, "prefix") is { Length: > 0 } p && text.StartsWith(p, StringComparison.Ordinal) ? text[p.Length..] : text,
            "removesuffix" => (run, line, a) => Text(run, line, a, 0, "suffix") is { Length: > 0 } s && text.EndsWith(s, StringComparison.Ordinal) ? text[..^s.Length] : text,
            "format" or "encode" or "center" or "ljust" or "rjust" or "zfill" or "partition" or "rpartition" or "index" or "translate" or "expandtabs" or "swapcase" or "casefold"
                => (run, line, _) => throw run.NotKnown(line, $"calls .{name}() of a text, which is not supported"),
            _ => null,
        };
    }

    private static TemplateFunction? OfMap(TemplateMap map, string name) => name switch
    {
        "get" => (run, line, a) => a.Get(0, "key") is string key && map.TryGet(key, out var value) ? value : a.Get(1, "default"),
        "keys" => (run, line, _) => Charged(run, line, map.Items.Select(i => (object?)i.Key).ToList()),
        "values" => (run, line, _) => Charged(run, line, map.Items.Select(i => i.Value).ToList()),
        "items" => (run, line, _) => Charged(run, line, Pairs(map)),
        "update" or "pop" or "setdefault" or "popitem" or "clear" or "copy" => (run, line, _) => throw run.NotKnown(line, $"calls .{name}() of a dictionary, which is not supported"),
        _ => null,
    };

    private static TemplateFunction? OfList(List<object?> list, string name) => name switch
    {
        "index" => (run, line, a) => (long)list.FindIndex(i => TemplateOperations.Same(run, line, i, a.Get(0, "value"))),
        "count" => (run, line, a) => (long)list.Count(i => TemplateOperations.Same(run, line, i, a.Get(0, "value"))),
        "append" or "extend" or "insert" or "pop" or "remove" or "clear" or "sort" or "reverse" or "copy" => (run, line, _) => throw run.NotKnown(line, $"calls .{name}() of a list, which is not supported; write list + [item] instead"),
        _ => null,
    };

    public static List<object?> Pairs(TemplateMap map) => map.Items.Select(i => (object?)new TemplateTuple([i.Key, i.Value])).ToList();

    public static string Join(TemplateRun run, int line, string separator, object? value)
    {
        var texts = TemplateOperations.Items(run, line, value);
        var other = texts.FindIndex(t => t is not string);
        return other < 0
            ? run.Joined(line, separator, texts.Cast<string>())
            : throw run.Refuse(line, $"sequence item {other}: expected str instance, {TemplateOperations.TypeName(texts[other])} found");
    }

    public static string Replace(TemplateRun run, int line, string text, string old, string by, long count)
    {
        if (old.Length == 0)
            throw run.NotKnown(line, "replaces the empty text, which is not supported");
        var parts = TemplateText.Split(text, old, count);
        if (text.Length + (double)parts.Count * by.Length > TemplateRun.LongestText)
            throw run.NotKnown(line, $"makes a text of more than {TemplateRun.LongestText} characters by replacing, and was stopped");
        return run.Made(line, string.Join(by, parts));
    }

    private static List<object?> Charged(TemplateRun run, int line, List<object?> list)
    {
        run.Charge(line, list.Count);
        return list;
    }

    private static List<object?> Lines(string text)
    {
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n').Cast<object?>().ToList();
        if (lines[^1] is "")
            lines.RemoveAt(lines.Count - 1);
        return lines;
    }

    private static object Any(TemplateRun run, int line, TemplateArguments arguments, Func<string, bool> fits)
        => arguments.Get(0, "prefix") is List<object?> several
            ? several.Any(p => p is string text && fits(text))
            : fits(Text(run, line, arguments, 0, "prefix"));

    private static string Text(TemplateRun run, int line, TemplateArguments arguments, int place, string name) => arguments.Get(place, name) switch
    {
        string text => text,
        TemplateUndefined undefined => throw run.Refuse(line, undefined.Message),
        var other => throw run.Refuse(line, $"a text is needed, not {TemplateOperations.TypeName(other)}"),
    };

    private static string? Optional(TemplateRun run, int line, TemplateArguments arguments, int place, string name)
        => arguments.Get(place, name) is null ? null : Text(run, line, arguments, place, name);

    private static string? Separator(TemplateRun run, int line, TemplateArguments arguments)
        => Optional(run, line, arguments, 0, "sep") is "" ? throw run.Refuse(line, "empty separator") : Optional(run, line, arguments, 0, "sep");

    private static long Most(TemplateArguments arguments) => TemplateOperations.Whole(arguments.Get(1, "maxsplit")) ?? -1;

    private static object Place(string text, int at) => at < 0 ? -1L : (long)TemplateText.Length(text[..at]);
}
