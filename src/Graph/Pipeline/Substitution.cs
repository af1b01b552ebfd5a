using System.Text.RegularExpressions;

namespace DataflowRlhf.Graph;

/// <summary>Puts params and <c>foreach</c> variables where <c>${name}</c> stands, and the environment's where <c>${env:NAME}</c> does.</summary>
internal sealed partial class Substitution(List<Mistake> mistakes)
{
    private const string Environment = "env:";
    private readonly HashSet<string> secrets = new(StringComparer.Ordinal);

    public Dictionary<string, string> Params { get; } = new(StringComparer.Ordinal);

    [GeneratedRegex(@"\$\{([^}]*)\}")]
    private static partial Regex Placeholder();

    /// <summary>Whether a text holds something of the environment, which is neither shown nor stored.</summary>
    public bool IsSecret(string text) => secrets.Contains(text);

    public string Apply(YamlText text, IReadOnlyDictionary<string, string> variables)
    {
        var secret = false;
        var applied = Placeholder().Replace(text.Value, match =>
        {
            var name = match.Groups[1].Value;
            var value = Value(name, text, variables);
            secret |= name.StartsWith(Environment, StringComparison.Ordinal) || secrets.Contains(value);
            return value;
        });
        if (secret)
            secrets.Add(applied);
        return applied;
    }

    public YamlItem Apply(YamlItem item, IReadOnlyDictionary<string, string> variables) => item switch
    {
        YamlText text => text with { Value = Apply(text, variables) },
        YamlList list => list with { Items = [.. list.Items.Select(i => Apply(i, variables))] },
        YamlMap map => map with { Entries = [.. map.Entries.Select(e => KeyValuePair.Create(e.Key, Apply(e.Value, variables)))] },
        _ => item,
    };

    private string Value(string name, YamlText text, IReadOnlyDictionary<string, string> variables)
    {
        if (variables.TryGetValue(name, out var value))
            return value;
        if (name.StartsWith(Environment, StringComparison.Ordinal))
        {
            if (System.Environment.GetEnvironmentVariable(name[4..]) is { } set)
                return set;
            mistakes.Add(new Mistake(text.Line, text.Column, "${" + name + "}", $"the environment has no {name[4..]}.", $"export {name[4..]}=…"));
            return "";
        }
        var near = Nearest.To(name, variables.Keys);
        var mistake = new Mistake(text.Line, text.Column, "${" + name + "}", $"there is no param '{name}'" + (variables.Count == 0 ? "." : $" ({string.Join(", ", variables.Keys)})."),
            near is null ? $"params: {{ {name}: … }}" : "${" + near + "}");
        if (!mistakes.Contains(mistake))
            mistakes.Add(mistake);
        return "";
    }
}
