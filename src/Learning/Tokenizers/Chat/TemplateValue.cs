using System.Text.Json;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>A name or member that is not there: nothing when written, false when asked, an error when worked with.</summary>
internal sealed record TemplateUndefined(string Message);

/// <summary>A dictionary, in the order in which it was filled.</summary>
internal sealed class TemplateMap
{
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private readonly List<KeyValuePair<string, object?>> items = [];

    public IReadOnlyList<KeyValuePair<string, object?>> Items => items;

    public object? this[string key]
    {
        set
        {
            if (places.TryGetValue(key, out var at))
            {
                items[at] = new(key, value);
                return;
            }
            places[key] = items.Count;
            items.Add(new(key, value));
        }
    }

    public bool TryGet(string key, out object? value)
    {
        var found = places.TryGetValue(key, out var at);
        value = found ? items[at].Value : null;
        return found;
    }

    public bool Has(string key) => places.ContainsKey(key);
}

/// <summary>A list that Python writes in round brackets.</summary>
internal sealed class TemplateTuple(IEnumerable<object?> items) : List<object?>(items);

/// <summary>What <c>namespace()</c> makes: a variable that a loop can change for good.</summary>
internal sealed class TemplateNamespace
{
    public Dictionary<string, object?> Members { get; } = new(StringComparer.Ordinal);
}

/// <summary>The arguments of a call, a filter or a test.</summary>
internal sealed record TemplateArguments(object?[] Plain, Dictionary<string, object?> Named)
{
    public static readonly TemplateArguments None = new([], []);

    public object? Get(int place, string name, object? absent = null)
        => place >= 0 && place < Plain.Length ? Plain[place] : Named.TryGetValue(name, out var value) ? value : absent;
}

/// <summary>Something that can be called.</summary>
internal delegate object? TemplateFunction(TemplateRun run, int line, TemplateArguments arguments);

internal static class TemplateJson
{
    /// <summary>JSON as template values: text, long, double, bool, null, list, map.</summary>
    public static object? Value(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                return element.GetString();
            case JsonValueKind.Number:
                return element.TryGetInt64(out var whole) ? (object)whole : element.GetDouble();
            case JsonValueKind.True or JsonValueKind.False:
                return element.GetBoolean();
            case JsonValueKind.Array:
                return element.EnumerateArray().Select(Value).ToList();
            case JsonValueKind.Object:
                var map = new TemplateMap();
                foreach (var member in element.EnumerateObject())
                    map[member.Name] = Value(member.Value);
                return map;
            default:
                return null;
        }
    }
}
