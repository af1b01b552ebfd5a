using System.Globalization;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>The filters that a template may use: <c>value | name(arguments)</c>.</summary>
internal static class TemplateFilters
{
    public delegate object? Filter(TemplateRun run, int line, object? value, TemplateArguments arguments);

    public static readonly IReadOnlyDictionary<string, Filter> All = new Dictionary<string, Filter>(StringComparer.Ordinal)
    {
        ["trim"] = (run, line, v, a) => run.Made(line, TemplateText.Strip(Text(run, line, v), a.Get(0, "chars") as string)),
        ["upper"] = (run, line, v, _) => run.Made(line, Text(run, line, v).ToUpperInvariant()),
        ["lower"] = (run, line, v, _) => run.Made(line, Text(run, line, v).ToLowerInvariant()),
        ["title"] = (run, line, v, _) => run.Made(line, TemplateText.TitleWords(Text(run, line, v))),
        ["capitalize"] = (run, line, v, _) => run.Made(line, TemplateText.Capitalize(Text(run, line, v))),
        ["string"] = (run, line, v, _) => Text(run, line, v),
        ["safe"] = (_, _, v, _) => v,
        ["length"] = Length,
        ["count"] = Length,
        ["join"] = Join,
        ["tojson"] = (run, line, v, a) => run.Made(line, TemplateJsonWriter.Write(run, line, v, a)),
        ["default"] = Default,
        ["d"] = Default,
        ["list"] = (run, line, v, _) => TemplateOperations.Items(run, line, v).ToList(),
        ["first"] = (run, line, v, _) => TemplateOperations.Items(run, line, v) is { Count: > 0 } items ? items[0] : new TemplateUndefined("No first item, sequence was empty."),
        ["last"] = (run, line, v, _) => TemplateOperations.Items(run, line, v) is { Count: > 0 } items ? items[^1] : new TemplateUndefined("No last item, sequence was empty."),
        ["reverse"] = (run, line, v, _) => Reverse(run, line, v),
        ["replace"] = (run, line, v, a) => TemplateMethods.Replace(run, line, Text(run, line, v), Text(run, line, a.Get(0, "old")), Text(run, line, a.Get(1, "new")), TemplateOperations.Whole(a.Get(2, "count")) ?? -1),
        ["items"] = (run, line, v, _) => v switch
        {
            TemplateMap map => TemplateMethods.Pairs(map),
            TemplateUndefined => new List<object?>(),
            _ => throw run.Refuse(line, "Can only get item pairs from a mapping."),
        },
        ["dictsort"] = (run, line, v, _) => v is TemplateMap map
            ? TemplateMethods.Pairs(map).OrderBy(p => ((string)((List<object?>)p!)[0]!).ToLowerInvariant(), StringComparer.Ordinal).ToList()
            : throw run.Refuse(line, $"'{TemplateOperations.TypeName(v)}' object has no attribute 'items'"),
        ["selectattr"] = (run, line, v, a) => Pick(run, line, v, a, byMember: true, wanted: true),
        ["rejectattr"] = (run, line, v, a) => Pick(run, line, v, a, byMember: true, wanted: false),
        ["select"] = (run, line, v, a) => Pick(run, line, v, a, byMember: false, wanted: true),
        ["reject"] = (run, line, v, a) => Pick(run, line, v, a, byMember: false, wanted: false),
        ["map"] = Map,
        ["unique"] = Unique,
        ["sort"] = Sort,
        ["sum"] = (run, line, v, _) => TemplateOperations.Items(run, line, v).Aggregate((object?)0L, (sum, i) => TemplateOperations.Add(run, line, sum, i)),
        ["min"] = (run, line, v, _) => Extreme(run, line, v, -1),
        ["max"] = (run, line, v, _) => Extreme(run, line, v, 1),
        ["int"] = (_, _, v, a) => ToWhole(v) ?? a.Get(0, "default", 0L),
        ["float"] = (_, _, v, a) => v is string text ? double.TryParse(text.Trim(), CultureInfo.InvariantCulture, out var number) ? number : a.Get(0, "default", 0.0) : TemplateOperations.Number(v) ?? a.Get(0, "default", 0.0),
        ["abs"] = (run, line, v, _) => v switch { long whole => (object)Math.Abs(Math.Max(whole, -long.MaxValue)), double number => Math.Abs(number), _ => throw run.Refuse(line, $"bad operand type for abs(): '{TemplateOperations.TypeName(v)}'") },
        ["indent"] = Indent,
    };

    private static string Text(TemplateRun run, int line, object? value) => TemplateOperations.Text(run, line, value);

    private static object? Length(TemplateRun run, int line, object? value, TemplateArguments arguments) => value switch
    {
        string text => (long)TemplateText.Length(text),
        List<object?> list => (long)list.Count,
        TemplateMap map => (long)map.Items.Count,
        TemplateUndefined => 0L,
        _ => throw run.Refuse(line, $"object of type '{TemplateOperations.TypeName(value)}' has no len()"),
    };

    private static object? Join(TemplateRun run, int line, object? value, TemplateArguments arguments)
    {
        var items = TemplateOperations.Items(run, line, value);
        if (arguments.Get(1, "attribute") is string member)
            items = items.ConvertAll(i => TemplateOperations.Item(run, line, i, member));
        return run.Joined(line, arguments.Get(0, "d") is { } by ? Text(run, line, by) : "", items.Select(i => Text(run, line, i)));
    }

    private static object? Default(TemplateRun run, int line, object? value, TemplateArguments arguments)
    {
        var empty = value is TemplateUndefined || TemplateOperations.IsTrue(arguments.Get(1, "boolean")) && !TemplateOperations.IsTrue(value);
        return empty ? arguments.Get(0, "default_value", "") : value;
    }

    private static object? Reverse(TemplateRun run, int line, object? value)
    {
        var items = TemplateOperations.Items(run, line, value).ToList();
        items.Reverse();
        return value is string ? string.Concat(items.Cast<string>()) : items;
    }

    /// <summary><c>selectattr('role', 'equalto', 'user')</c> and its relatives.</summary>
    private static object? Pick(TemplateRun run, int line, object? value, TemplateArguments arguments, bool byMember, bool wanted)
    {
        var rest = byMember ? 1 : 0;
        var member = byMember ? arguments.Get(0, "") as string ?? throw run.NotKnown(line, "picks by a member without its name") : null;
        var name = arguments.Plain.Length > rest ? arguments.Plain[rest] as string : null;
        if (arguments.Plain.Length > rest && (name is null || !TemplateTests.All.ContainsKey(name)))
            throw run.NotKnown(line, $"uses the test '{name}', which is not supported");
        return TemplateOperations.Items(run, line, value).Where(item =>
        {
            var asked = member is null ? item : MemberOf(run, line, item, member);
            var fits = name is null ? TemplateOperations.IsTrue(asked) : TemplateTests.All[name](run, line, asked, new TemplateArguments(arguments.Plain[(rest + 1)..], arguments.Named));
            return fits == wanted;
        }).ToList();
    }

    private static object? Map(TemplateRun run, int line, object? value, TemplateArguments arguments)
    {
        var items = TemplateOperations.Items(run, line, value);
        if (arguments.Get(-1, "attribute") is string member)
        {
            return items.ConvertAll(i => MemberOf(run, line, i, member) is var found && found is TemplateUndefined && arguments.Named.TryGetValue("default", out var absent) ? absent : found);
        }
        if (arguments.Get(0, "") is not string name || !All.TryGetValue(name, out var filter))
            throw run.NotKnown(line, $"maps with the filter '{arguments.Get(0, "")}', which is not supported");
        var rest = new TemplateArguments(arguments.Plain[1..], arguments.Named);
        return items.ConvertAll(i => filter(run, line, i, rest));
    }

    private static object? MemberOf(TemplateRun run, int line, object? item, string path)
        => path.Split('.').Aggregate(item, (value, part) => TemplateOperations.Item(run, line, value, long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? place : part));

    private static object? Unique(TemplateRun run, int line, object? value, TemplateArguments arguments)
    {
        var found = new List<object?>();
        foreach (var item in TemplateOperations.Items(run, line, value))
        {
            if (!found.Any(f => TemplateOperations.Same(run, line, f, item)))
                found.Add(item);
        }
        return found;
    }

    private static object? Sort(TemplateRun run, int line, object? value, TemplateArguments arguments)
    {
        var member = arguments.Get(2, "attribute") as string;
        var comparer = Comparer<object?>.Create((a, b) => TemplateOperations.Compare(run, line, "<", Key(a), Key(b)));
        var items = TemplateOperations.Items(run, line, value);
        return (TemplateOperations.IsTrue(arguments.Get(0, "reverse")) ? items.OrderDescending(comparer) : items.Order(comparer)).ToList();

        object? Key(object? item)
        {
            var key = member is null ? item : MemberOf(run, line, item, member);
            return key is string text && !TemplateOperations.IsTrue(arguments.Get(1, "case_sensitive")) ? text.ToLowerInvariant() : key;
        }
    }

    private static object? Extreme(TemplateRun run, int line, object? value, int sign)
    {
        var items = TemplateOperations.Items(run, line, value);
        return items.Count == 0 ? new TemplateUndefined("No aggregated item, sequence was empty.")
            : items.Aggregate((best, item) => TemplateOperations.Compare(run, line, "<", item, best) * sign > 0 ? item : best);
    }

    private static object? ToWhole(object? value) => value switch
    {
        long or bool => TemplateOperations.Whole(value),
        double number when Math.Abs(number) < long.MaxValue => (long)number,
        string text when long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
        string text when double.TryParse(text.Trim(), CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < long.MaxValue => (long)number,
        _ => null,
    };

    private static object? Indent(TemplateRun run, int line, object? value, TemplateArguments arguments)
    {
        var width = arguments.Get(0, "width", 4L) switch { string text => text, long count and >= 0 and <= 1000 => new string(' ', (int)count), _ => throw run.NotKnown(line, "indents by something else than up to 1000 spaces") };
        var (first, blank) = (TemplateOperations.IsTrue(arguments.Get(1, "first")), TemplateOperations.IsTrue(arguments.Get(2, "blank")));
        var lines = Text(run, line, value).Split('\n');
        if (lines.Length * (double)width.Length > TemplateRun.LongestText)
            throw run.NotKnown(line, $"makes a text of more than {TemplateRun.LongestText} characters by indenting, and was stopped");
        return run.Joined(line, "\n", lines.Select((l, i) => i == 0 ? first ? width + l : l : l.Length > 0 || blank ? width + l : l));
    }
}
