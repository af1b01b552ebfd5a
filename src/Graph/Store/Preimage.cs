using System.Text.Json;

namespace DataflowRlhf.Graph;

/// <summary>Everything that makes an artifact what it is, field by field; its hash is the cache key, and two of them can be compared.</summary>
internal sealed class Preimage(IEnumerable<KeyValuePair<string, string>> fields)
{
    private const string Code = "code";
    private const string Kind = "stage";
    private const int MostNames = 4;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly SortedDictionary<string, string> fields = new(new Dictionary<string, string>(fields), StringComparer.Ordinal);

    public IReadOnlyDictionary<string, string> Fields => fields;

    /// <summary>SHA-256 over every name and value, each behind its length.</summary>
    public string Key()
    {
        using var digest = new ContentDigest();
        foreach (var (name, value) in fields)
            digest.Add(name).Add(value);
        return digest.Take();
    }

    /// <summary>This with fields added.</summary>
    public Preimage With(IEnumerable<KeyValuePair<string, string>> more) => new(fields.Concat(more));

    /// <summary>Every field that differs from an older one's: the new and the changed, then those that are gone.</summary>
    public IReadOnlyList<FieldChange> Changes(Preimage older) =>
    [
        .. fields.Where(f => older.fields.GetValueOrDefault(f.Key) != f.Value).Select(f => new FieldChange(f.Key, older.fields.GetValueOrDefault(f.Key), f.Value)),
        .. older.fields.Where(f => !fields.ContainsKey(f.Key)).Select(f => new FieldChange(f.Key, f.Value, null)),
    ];

    /// <summary>What differs from an older one, in words; empty where nothing does.</summary>
    public IReadOnlyList<string> Since(Preimage older) => Words(Changes(older));

    /// <summary>Changes in words, all of the code in one.</summary>
    public static IReadOnlyList<string> Words(IReadOnlyList<FieldChange> changes)
    {
        if (changes.FirstOrDefault(c => c is { What: Kind, Was: not null, Now: not null }) is { } kind)
            return [Change(kind)]; // Another kind of stage has other options and other code.
        // What was there before comes first: it is what somebody edited, and draws the rest in or out.
        var code = changes.Where(c => c.What == Code).OrderBy(c => c.Was is null || c.Now is null).Select(c => Last(c.Field)).Distinct().ToList();
        return
        [
            .. changes.Where(c => c.What != Code && c.Now is not null).Select(Change),
            .. code.Count == 0 ? Array.Empty<string>() : [$"its code changed ({string.Join(", ", code.Take(MostNames))}{(code.Count > MostNames ? $" and {code.Count - MostNames} more" : "")})"],
            .. changes.Where(c => c.What != Code && c.Now is null).Select(c => $"{c.Field} is gone"),
        ];
    }

    /// <summary>A type without its namespace: <c>Relabeling</c> of <c>code Stages.Relabeling</c>.</summary>
    private static string Last(string field)
    {
        var name = field[(Code.Length + 1)..].Split('`')[0];
        return name.EndsWith(".dll", StringComparison.Ordinal) || name.EndsWith(".so", StringComparison.Ordinal) ? name : name[(name.LastIndexOf('.') + 1)..];
    }

    public string ToJson() => JsonSerializer.Serialize(fields, Indented);

    public static Preimage FromJson(string json) => new(JsonSerializer.Deserialize<Dictionary<string, string>>(json) is { } fields && fields.Values.All(v => v is not null) ? fields : throw new JsonException("it is no map of texts"));

    private static string Change(FieldChange change) => change.What switch
    {
        "seed" when change.Was is not null => "the pipeline's seed is another",
        "option" or "device" or "library" or Kind when change.Was is not null => $"{change.Field}: {change.Shown(change.Was)} → {change.Shown(change.Now!)}",
        "option" => $"{change.Field} is new: {change.Shown(change.Now!)}",
        "input" or "file" or "library" when change.Was is null => $"{change.Field} is new",
        _ => $"{change.Field} changed",
    };
}
