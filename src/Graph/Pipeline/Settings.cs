namespace DataflowRlhf.Graph;

/// <summary>What <c>--set a.b=c</c> says, and which of it something took.</summary>
internal sealed class Settings
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
    private readonly HashSet<string> taken = [];

    public static Settings Parse(IEnumerable<string> given, List<Mistake> mistakes)
    {
        var settings = new Settings();
        foreach (var text in given)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                mistakes.Add(new Mistake(0, 0, "--set", $"'{text}' is not name=value.", "--set stage.option=value"));
            else
                settings.values[text[..equals].Trim()] = text[(equals + 1)..];
        }
        return settings;
    }

    /// <summary>The value set for a name, or null.</summary>
    public string? Take(string name)
    {
        if (!values.TryGetValue(name, out var value))
            return null;
        taken.Add(name);
        return value;
    }

    /// <summary>The options set for a stage under any of its names.</summary>
    public IEnumerable<(string Option, string Value)> For(params IEnumerable<string> stageNames)
    {
        foreach (var prefix in stageNames.Distinct().Select(n => n + "."))
            foreach (var (name, value) in values.Where(v => v.Key.StartsWith(prefix, StringComparison.Ordinal) && !v.Key[prefix.Length..].Contains('.')))
            {
                taken.Add(name);
                yield return (name[prefix.Length..], value);
            }
    }

    /// <summary>A set value as the file would hold it: <c>[a, b]</c> is a list where the option takes one.</summary>
    public static YamlItem Written(StageOption option, YamlText given)
    {
        var text = given.Value.Trim();
        if (OptionReader.ElementType(option.Property.PropertyType) is null || text is not ['[', .. var inside, ']'])
            return given;
        var items = inside.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return new YamlList([.. items.Select(i => given with { Value = i.Trim('"', '\'') })], given.Line, given.Column);
    }

    public IEnumerable<string> Unused => values.Keys.Where(k => !taken.Contains(k));
}
