using System.Text.Json;

namespace DataflowRlhf.Graph;

/// <summary>Everything that makes an artifact what it is, field by field; its hash is the cache key, and two of them can be compared.</summary>
internal sealed class Preimage(IEnumerable<KeyValuePair<string, string>> fields)
{
    private const string Code = "code ";
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

    /// <summary>What differs from an older one, in words; empty where nothing does.</summary>
    public IReadOnlyList<string> Since(Preimage older)
    {
        var changed = fields.Where(f => !older.fields.TryGetValue(f.Key, out var was) || was != f.Value).ToLookup(f => f.Key.StartsWith(Code, StringComparison.Ordinal));
        var code = string.Join(", ", changed[true].Select(f => f.Key[Code.Length..]));
        return
        [
            .. changed[false].Select(f => Change(f.Key, older.fields.GetValueOrDefault(f.Key), f.Value)),
            .. code.Length == 0 ? Array.Empty<string>() : [$"the program's code changed ({code})"],
            .. older.fields.Keys.Where(name => !fields.ContainsKey(name)).Select(name => $"{Words(name)} is gone"),
        ];
    }

    public string ToJson() => JsonSerializer.Serialize(fields, Indented);

    public static Preimage FromJson(string json) => new(JsonSerializer.Deserialize<Dictionary<string, string>>(json) ?? []);

    private static string Change(string name, string? was, string now)
    {
        var what = name.Split(' ')[0];
        return what switch
        {
            "option" or "seed" or "device" or "stage" when was is not null => $"{Words(name)}: {was} → {now}",
            "option" => $"{Words(name)} is new: {now}",
            "input" when was is null => $"{Words(name)} is new",
            _ => $"{Words(name)} changed",
        };
    }

    private static string Words(string name) => name.StartsWith(Code, StringComparison.Ordinal) ? $"the program's code ({name[Code.Length..]})" : name;
}
