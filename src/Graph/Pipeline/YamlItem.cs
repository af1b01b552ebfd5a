namespace DataflowRlhf.Graph;

/// <summary>A YAML file as text, lists and maps with their places: nothing is resolved, typed or run.</summary>
internal abstract record YamlItem(int Line, int Column)
{
    /// <summary>As a message names what was given.</summary>
    public string Said => this switch
    {
        YamlText text => $"'{text.Value}'",
        YamlList => "a list",
        _ => "a map",
    };
}

internal sealed record YamlText(string Value, int Line, int Column) : YamlItem(Line, Column);

internal sealed record YamlList(IReadOnlyList<YamlItem> Items, int Line, int Column) : YamlItem(Line, Column);

internal sealed record YamlMap(IReadOnlyList<KeyValuePair<YamlText, YamlItem>> Entries, int Line, int Column) : YamlItem(Line, Column)
{
    /// <summary>Entries under keys that stood there already, which is told.</summary>
    public IReadOnlyList<KeyValuePair<YamlText, YamlItem>> Again { get; init; } = [];

    public YamlItem? Find(string key) => Entries.FirstOrDefault(e => e.Key.Value == key).Value;

    /// <summary>This map with each unknown key under the one that was probably meant.</summary>
    /// <param name="known">The keys that there are.</param>
    /// <param name="tell">Hears each unknown key, its value and what was meant, or null.</param>
    /// <param name="needed">Keys that must be there.</param>
    public YamlMap Mended(IReadOnlyCollection<string> known, Action<YamlText, YamlItem, string?> tell, IEnumerable<string>? needed = null)
    {
        if (Entries.All(e => known.Contains(e.Key.Value)))
            return this;
        var meant = Meant.By(Entries.Select(e => e.Key.Value), known, needed);
        var mended = new List<KeyValuePair<YamlText, YamlItem>>(Entries.Count);
        foreach (var (key, value) in Entries)
        {
            if (!meant.TryGetValue(key.Value, out var name))
            {
                mended.Add(new(key, value));
                continue;
            }
            tell(key, value, name);
            if (name is not null)
                mended.Add(new(key with { Value = name }, value));
        }
        return this with { Entries = mended };
    }
}
