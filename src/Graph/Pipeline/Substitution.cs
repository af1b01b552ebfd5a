using System.Text.RegularExpressions;

namespace DataflowRlhf.Graph;

/// <summary>Puts params and <c>foreach</c> variables where <c>${name}</c> stands, and the environment's where <c>${env:NAME}</c> does.</summary>
internal sealed partial class Substitution(List<Mistake> mistakes)
{
    private const string Environment = "env:";
    private const int Short = 4;
    private const long LongestText = 1 << 20;
    private const long LongestInAll = 64 << 20;
    private const long MostTexts = 1_000_000;

    /// <summary>A variable of this name stands for all that are not known, where what defines them cannot be read.</summary>
    public const string Any = "";

    private readonly HashSet<string> secrets = new(StringComparer.Ordinal);
    private readonly HashSet<string> used = new(StringComparer.Ordinal);
    private readonly HashSet<string> open = new(StringComparer.Ordinal);
    private readonly HashSet<Mistake> told = [];
    private readonly HashSet<(string? File, int Line, int Column, string Where)> places = [];
    private long filled;
    private long texts;

    /// <summary>The file whose texts are read now; null: the pipeline file.</summary>
    public string? File { get; set; }

    public Dictionary<string, string> Params { get; } = new(StringComparer.Ordinal);

    /// <summary>Params whose turn has not come: one can use those above it.</summary>
    public HashSet<string> Below { get; } = new(StringComparer.Ordinal);

    [GeneratedRegex(@"\$\{([^{}]{0,200})\}")]
    private static partial Regex Placeholder();

    /// <summary>Whether a text holds something of the environment, which is neither shown nor stored.</summary>
    public bool IsSecret(string text) => secrets.Contains(text);

    /// <summary>Whether any text in it does.</summary>
    public bool HoldsSecret(YamlItem item) => item switch
    {
        YamlText text => IsSecret(text.Value),
        YamlList list => list.Items.Any(HoldsSecret),
        YamlMap map => map.Entries.Any(e => HoldsSecret(e.Value)),
        _ => false,
    };

    /// <summary>Whether a param or variable of this name stood anywhere.</summary>
    public bool IsUsed(string name) => used.Contains(name);

    /// <summary>Whether a text holds a name without a value.</summary>
    public bool IsOpen(string text) => open.Any(name => text.Contains(name, StringComparison.Ordinal));

    /// <summary>What stands for a name without a value, which is told: the name as it is written, so that what follows from it can be told from mistakes of its own.</summary>
    public string Open(string name)
    {
        var text = "${" + name + "}";
        open.Add(text);
        return text;
    }

    /// <summary>Whether a mistake only follows from a name without a value.</summary>
    public bool Follows(Mistake mistake) => !told.Contains(mistake) && IsOpen(mistake.Text);

    /// <summary>A message without what came from the environment. A short value is hidden where it stands in quotes, since its letters may be any word's.</summary>
    public string Hide(string text) => secrets.OrderByDescending(s => s.Length).Aggregate(text, (t, s) =>
        s.Length == 0 ? t : s.Length < Short ? t.Replace($"'{s}'", "'…'", StringComparison.Ordinal) : t.Replace(s, "…", StringComparison.Ordinal));

    public string Apply(YamlText text, IReadOnlyDictionary<string, string> variables)
    {
        if (Exhausted)
            return text.Value;
        if (++texts > MostTexts)
            return TooMuch(text, $"with foreach and repeat written out there are more than {MostTexts:N0} texts.");
        if (!text.Value.Contains("${", StringComparison.Ordinal))
            return text.Value;
        var secret = false;
        var length = 0L;
        var applied = Placeholder().Replace(text.Value, match =>
        {
            var name = match.Groups[1].Value;
            var value = length > LongestText || filled > LongestInAll ? "" : Value(name, text, variables);
            length += value.Length;
            filled += value.Length;
            secret |= secrets.Contains(value);
            return value;
        });
        if (length > LongestText || filled > LongestInAll)
            return TooMuch(text, $"with its params filled in this is longer than {LongestText:N0} characters, or all such texts together are longer than {LongestInAll:N0}.");
        if (secret)
            secrets.Add(applied);
        return applied;
    }

    /// <summary>Whether a bound was passed: the rest is left as it is, and cannot be checked.</summary>
    public bool Exhausted { get; private set; }

    public YamlItem Apply(YamlItem item, IReadOnlyDictionary<string, string> variables) => item switch
    {
        _ when Exhausted => item,
        YamlText text => text with { Value = Apply(text, variables) },
        YamlList list => list with { Items = [.. list.Items.Select(i => Apply(i, variables))] },
        YamlMap map => map with { Entries = [.. map.Entries.Select(e => KeyValuePair.Create(e.Key, Apply(e.Value, variables)))] },
        _ => item,
    };

    private string Value(string name, YamlText text, IReadOnlyDictionary<string, string> variables)
    {
        if (variables.TryGetValue(name, out var value))
        {
            used.Add(name);
            return value;
        }
        if (name.StartsWith(Environment, StringComparison.Ordinal))
        {
            var variable = name[Environment.Length..].Trim();
            var set = variable.Length == 0 || variable.Contains('\0') ? null : System.Environment.GetEnvironmentVariable(variable);
            if (!string.IsNullOrEmpty(set))
            {
                secrets.Add(set);
                return set;
            }
            Wrong(new Mistake(text.Line, text.Column, "${" + name + "}", variable.Length == 0 ? "names no variable of the environment." : set is null ? $"the environment has no {variable}." : $"{variable} is empty in the environment.", $"export {(variable.Length == 0 ? "NAME" : variable)}=…"));
            return Open(name);
        }
        if (variables.ContainsKey(Any))
            return Open(name);
        if (Below.Contains(name))
        {
            used.Add(name);
            Wrong(new Mistake(text.Line, text.Column, "${" + name + "}", $"param '{name}' stands no further up; a param can use those above it{(variables.Count == 0 ? "" : $" ({string.Join(", ", variables.Keys)})")}.", $"params: {{ {name}: …, … }}"));
            return Open(name);
        }
        var near = Nearest.To(name, variables.Keys);
        if (near is not null)
            used.Add(near);
        var plain = ParamsReader.CanName(name);
        var mistake = new Mistake(text.Line, text.Column, "${" + name + "}", $"there is no param '{name}'" + (variables.Count == 0 ? "." : $" ({string.Join(", ", variables.Keys)}).") + (plain ? "" : " Between the braces stands a name; nothing is computed."),
            near is not null ? "${" + near + "}" : plain ? $"params: {{ {name}: … }}" : null);
        Wrong(mistake);
        return Open(name);
    }

    private string TooMuch(YamlText text, string problem)
    {
        Exhausted = true;
        Wrong(new Mistake(text.Line, text.Column, "${…}", problem));
        return "${…}";
    }

    /// <summary>Once a name and place: unrolled stages share their lines.</summary>
    private void Wrong(Mistake mistake)
    {
        var placed = mistake with { File = File };
        if (!places.Add((File, mistake.Line, mistake.Column, mistake.Where)))
            return;
        told.Add(placed);
        mistakes.Add(placed);
    }
}
