using System.Globalization;
using System.Text;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>What Python does with values: truth, text, equality, order, arithmetic, members, slices.</summary>
internal static class TemplateOperations
{
    public static bool IsTrue(object? value) => value switch
    {
        null or TemplateUndefined => false,
        bool flag => flag,
        long whole => whole != 0,
        double number => number != 0,
        string text => text.Length > 0,
        List<object?> list => list.Count > 0,
        TemplateMap map => map.Items.Count > 0,
        _ => true,
    };

    public static string Text(TemplateRun run, int line, object? value) => value switch
    {
        string text => text,
        TemplateUndefined => "",
        _ => run.Made(line, Repr(run, line, value)),
    };

    public static string Repr(TemplateRun run, int line, object? value)
    {
        run.Charge(line);
        switch (value)
        {
            case null: return "None";
            case bool flag: return flag ? "True" : "False";
            case long whole: return whole.ToString(CultureInfo.InvariantCulture);
            case double number: return TemplateText.Number(number);
            case string text: return run.Made(line, TemplateText.Repr(text));
            case TemplateTuple tuple: return Joined(run, line, "(", tuple.Select(i => Repr(run, line, i)), tuple.Count == 1 ? ",)" : ")");
            case List<object?> list: return Joined(run, line, "[", list.Select(i => Repr(run, line, i)), "]");
            case TemplateMap map: return Joined(run, line, "{", map.Items.Select(i => $"{TemplateText.Repr(i.Key)}: {Repr(run, line, i.Value)}"), "}");
            case TemplateUndefined: return "Undefined";
            case TemplateNamespace: throw run.NotKnown(line, "writes a namespace, which is not supported");
            default: throw run.NotKnown(line, "writes a function or macro, which is not supported");
        }
    }

    public static string TypeName(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        long => "int",
        double => "float",
        string => "str",
        TemplateTuple => "tuple",
        List<object?> => "list",
        TemplateMap => "dict",
        TemplateUndefined => "Undefined",
        TemplateNamespace => "Namespace",
        _ => "function",
    };

    public static bool Same(TemplateRun run, int line, object? a, object? b)
    {
        run.Charge(line);
        return (a, b) switch
        {
            (null, null) or (TemplateUndefined, TemplateUndefined) => true,
            (string x, string y) => x == y,
            (List<object?> x, List<object?> y) => x.Count == y.Count && x.Zip(y).All(p => Same(run, line, p.First, p.Second)),
            (TemplateMap x, TemplateMap y) => x.Items.Count == y.Items.Count && x.Items.All(i => y.TryGet(i.Key, out var other) && Same(run, line, i.Value, other)),
            _ when Number(a) is { } x && Number(b) is { } y => x.Equals(y),
            _ => ReferenceEquals(a, b) && a is not null,
        };
    }

    public static int Compare(TemplateRun run, int line, string op, object? a, object? b)
    {
        run.Charge(line);
        Defined(run, line, a, b);
        switch (a, b)
        {
            case (string x, string y):
                return CompareTexts(x, y);
            case (List<object?> x, List<object?> y):
                foreach (var (first, second) in x.Zip(y))
                {
                    if (!Same(run, line, first, second))
                        return Compare(run, line, op, first, second);
                }
                return x.Count.CompareTo(y.Count);
            case var _ when Number(a) is { } x && Number(b) is { } y:
                return x.CompareTo(y);
            default:
                throw run.Refuse(line, $"'{op}' not supported between instances of '{TypeName(a)}' and '{TypeName(b)}'");
        }
    }

    public static bool Contains(TemplateRun run, int line, object? item, object? container)
    {
        switch (container)
        {
            case string text:
                run.Charge(line, 1 + text.Length / 64);
                return item switch
                {
                    string part => text.Contains(part, StringComparison.Ordinal),
                    TemplateUndefined undefined => throw run.Refuse(line, undefined.Message),
                    _ => throw run.Refuse(line, $"'in <string>' requires string as left operand, not {TypeName(item)}"),
                };
            case List<object?> list: return list.Any(i => Same(run, line, i, item));
            case TemplateMap map: return item is string key && map.Has(key);
            case TemplateUndefined: return false;
            default: throw run.Refuse(line, $"argument of type '{TypeName(container)}' is not iterable");
        }
    }

    public static object? Add(TemplateRun run, int line, object? a, object? b)
    {
        Defined(run, line, a, b);
        switch (a, b)
        {
            case (string x, string y):
                return run.Made(line, x + y);
            case (List<object?> x, List<object?> y):
                run.Charge(line, x.Count + y.Count);
                return new List<object?>([.. x, .. y]);
            case (string, _):
                throw run.Refuse(line, $"can only concatenate str (not \"{TypeName(b)}\") to str");
            case (List<object?>, _):
                throw run.Refuse(line, $"can only concatenate list (not \"{TypeName(b)}\") to list");
            default:
                return Arithmetic(run, line, "+", a, b);
        }
    }

    public static object? Arithmetic(TemplateRun run, int line, string op, object? a, object? b)
    {
        Defined(run, line, a, b);
        if (op == "*" && (a is string or List<object?>) && Whole(b) is { } times)
            return Repeat(run, line, a, times);
        if (op == "*" && (b is string or List<object?>) && Whole(a) is { } count)
            return Repeat(run, line, b, count);
        if (op == "%" && a is string)
            throw run.NotKnown(line, "formats a text with %, which is not supported; write ~ instead");
        if (Number(a) is not { } x || Number(b) is not { } y)
            throw run.Refuse(line, $"unsupported operand type(s) for {op}: '{TypeName(a)}' and '{TypeName(b)}'");
        if (op is "/" or "//" or "%" && y == 0)
            throw run.Refuse(line, op == "/" ? "division by zero" : "integer division or modulo by zero");
        if (op != "/" && Whole(a) is { } p && Whole(b) is { } q && !(op == "**" && q < 0))
            return Exact(run, line, op, p, q);
        return op switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "/" => x / y,
            "//" => Math.Floor(x / y),
            "%" => x - y * Math.Floor(x / y),
            _ => Math.Pow(x, y),
        };
    }

    public static object? Negative(TemplateRun run, int line, object? value)
    {
        Defined(run, line, value, null);
        return value is double number ? -number
            : Whole(value) is { } whole ? Exact(run, line, "-", 0, whole)
            : throw run.Refuse(line, $"bad operand type for unary -: '{TypeName(value)}'");
    }

    /// <summary><c>value.name</c>: a method first, then a member.</summary>
    public static object? Member(TemplateRun run, int line, object? value, string name)
    {
        run.Charge(line);
        if (name.StartsWith('_'))
            throw run.NotKnown(line, $"asks for the member '{name}', which no template may use");
        if (TemplateMethods.Find(value, name) is { } method)
            return method;
        return Find(run, line, value, name) is var found && found is TemplateUndefined { Message: "" } ? Missing(value, name) : found;
    }

    /// <summary><c>value[key]</c>: a member first, then a method.</summary>
    public static object? Item(TemplateRun run, int line, object? value, object? key)
    {
        run.Charge(line);
        if (key is string name)
        {
            var member = Find(run, line, value, name);
            return member is not TemplateUndefined { Message: "" } ? member : TemplateMethods.Find(value, name) is { } method ? method : Missing(value, name);
        }
        if (value is TemplateUndefined undefined)
            throw run.Refuse(line, undefined.Message);
        if (Whole(key) is not { } place || value is not (List<object?> or string))
            return new TemplateUndefined($"{Described(value)} has no element {Repr(run, line, key)}");
        var list = value as List<object?> ?? Characters(run, line, (string)value);
        var at = place < 0 ? place + list.Count : place;
        return at >= 0 && at < list.Count ? list[(int)at] : new TemplateUndefined($"{Described(value)} has no element {place}");
    }

    public static object? Slice(TemplateRun run, int line, object? value, object? from, object? to, object? by)
    {
        if (value is TemplateUndefined undefined)
            throw run.Refuse(line, undefined.Message);
        if (value is not (List<object?> or string))
            throw run.Refuse(line, $"'{TypeName(value)}' object cannot be cut into slices");
        var list = value as List<object?> ?? Characters(run, line, (string)value);
        run.Charge(line, list.Count);
        var step = Place(by) ?? 1;
        if (step == 0)
            throw run.Refuse(line, "slice step cannot be zero");
        var (first, last) = step > 0 ? (0L, (long)list.Count) : (list.Count - 1L, -1L);
        var start = Place(from) is { } f ? Clamp(f) : first;
        var stop = Place(to) is { } t ? Clamp(t) : last;
        var cut = new List<object?>();
        for (var i = start; step > 0 ? i < stop : i > stop; i += step)
            cut.Add(list[(int)i]);
        return value is string ? run.Made(line, string.Concat(cut.Cast<string>())) : cut;

        long? Place(object? place) => place is null ? null : Whole(place) ?? throw run.Refuse(line, "slice indices must be integers or None");

        long Clamp(long place)
        {
            place = place < 0 ? place + list.Count : place;
            return step > 0 ? Math.Clamp(place, 0, list.Count) : Math.Clamp(place, -1, list.Count - 1);
        }
    }

    /// <summary>The items of a value that a loop or a filter walks over.</summary>
    public static List<object?> Items(TemplateRun run, int line, object? value)
    {
        var items = value switch
        {
            List<object?> list => list,
            string text => Characters(run, line, text),
            TemplateMap map => map.Items.Select(i => (object?)i.Key).ToList(),
            TemplateUndefined => [],
            _ => throw run.Refuse(line, $"'{TypeName(value)}' object is not iterable"),
        };
        run.Charge(line, items.Count);
        return items;
    }

    public static long? Whole(object? value) => value switch { long whole => whole, bool flag => flag ? 1 : 0, _ => null };

    public static double? Number(object? value) => value switch { long whole => whole, double number => number, bool flag => flag ? 1 : 0, _ => null };

    private static List<object?> Characters(TemplateRun run, int line, string text)
    {
        run.Charge(line, text.Length);
        return TemplateText.Characters(text);
    }

    private static object? Find(TemplateRun run, int line, object? value, string name) => value switch
    {
        TemplateMap map when map.TryGet(name, out var member) => member,
        TemplateNamespace space when space.Members.TryGetValue(name, out var member) => member,
        TemplateUndefined undefined => throw run.Refuse(line, undefined.Message),
        _ => new TemplateUndefined(""),
    };

    private static TemplateUndefined Missing(object? value, string name)
        => new($"'{Described(value)}' has no attribute '{name}'");

    private static string Described(object? value) => value is null ? "None" : value is TemplateNamespace ? "jinja2.utils.Namespace object" : TypeName(value) + " object";

    private static void Defined(TemplateRun run, int line, object? a, object? b)
    {
        if ((a as TemplateUndefined ?? b as TemplateUndefined) is { } undefined)
            throw run.Refuse(line, undefined.Message);
    }

    private static object Repeat(TemplateRun run, int line, object? value, long times)
    {
        times = Math.Max(0, times);
        var size = value is string t ? t.Length : ((List<object?>)value!).Count;
        if (times * (double)size > TemplateRun.LongestText)
            throw run.NotKnown(line, $"makes a value of {times} times {size} parts, and was stopped");
        run.Charge(line, times * size / 16);
        return value is string text
            ? run.Made(line, new StringBuilder().Insert(0, text, (int)times).ToString())
            : Enumerable.Repeat((List<object?>)value!, (int)times).SelectMany(i => i).ToList();
    }

    private static object Exact(TemplateRun run, int line, string op, long a, long b)
    {
        try
        {
            checked
            {
                return op switch
                {
                    "+" => a + b,
                    "-" => a - b,
                    "*" => a * b,
                    "//" => a / b - (a % b != 0 && a < 0 != b < 0 ? 1 : 0),
                    "%" => a % b + (a % b != 0 && a < 0 != b < 0 ? b : 0),
                    _ => Power(a, b),
                };
            }
        }
        catch (OverflowException)
        {
            throw run.NotKnown(line, "reckons with a whole number of more than 64 bits, and was stopped");
        }
    }

    private static long Power(long a, long b)
    {
        if (a is 0 or 1 or -1)
            return b == 0 ? 1 : a == -1 && b % 2 == 0 ? 1 : a;
        var power = 1L;
        for (; b > 0; b--)
            power = checked(power * a);
        return power;
    }

    /// <summary>By code point, as Python compares.</summary>
    private static int CompareTexts(string a, string b)
    {
        using var second = b.EnumerateRunes();
        foreach (var rune in a.EnumerateRunes())
        {
            if (!second.MoveNext())
                return 1;
            if (rune != second.Current)
                return rune.CompareTo(second.Current);
        }
        return second.MoveNext() ? -1 : 0;
    }

    private static string Joined(TemplateRun run, int line, string open, IEnumerable<string> parts, string close)
        => run.Made(line, open + run.Joined(line, ", ", parts) + close);
}
