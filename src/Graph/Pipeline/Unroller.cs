using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>Writes <c>foreach</c> and <c>repeat</c> out: <c>voter[1]</c> … <c>voter[10]</c>, <c>round[1].policy</c> ….</summary>
internal sealed class Unroller(Substitution substitution, List<Mistake> mistakes)
{
    internal const int MostItems = 1_000;
    private const int MostStages = 10_000;

    private readonly HashSet<string> broken = new(StringComparer.Ordinal);

    /// <summary>Names of entries that could not be written out; each has its mistake.</summary>
    public IReadOnlySet<string> Broken => broken;

    public IReadOnlyList<StageEntry> Unroll(YamlMap stages)
    {
        var entries = new List<StageEntry>();
        foreach (var (key, value) in stages.Entries)
        {
            Add(entries, key, value, "", "", null);
            if (entries.Count <= MostStages)
                continue;
            mistakes.Add(new Mistake(key.Line, key.Column, key.Value, $"with it there are more than {MostStages:N0} stages, foreach and repeat written out."));
            return [];
        }
        return entries;
    }

    private void Add(List<StageEntry> entries, YamlText key, YamlItem value, string prefix, string written, Round? round)
    {
        var before = entries.Count;
        AddNew(entries, key, value, prefix, written, round);
        if (entries.Count == before)
            broken.Add(key.Value);
    }

    private void AddNew(List<StageEntry> entries, YamlText key, YamlItem value, string prefix, string written, Round? round)
    {
        var name = prefix + key.Value;
        if (key.Value.Length == 0 || !key.Value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            mistakes.Add(new Mistake(key.Line, key.Column, name, $"'{key.Value}' cannot name a stage; letters, digits, - and _ can."));
        else if (value is not YamlMap map)
            mistakes.Add(new Mistake(key.Line, key.Column, name, "a stage is a map.", $"{key.Value}: {{ uses: … }}"));
        else if (map.Find("repeat") is { } repeat)
            AddRounds(entries, key, map, repeat, round);
        else if (map.Find("foreach") is { } each)
            AddItems(entries, key, map, each, prefix, written, round);
        else
            entries.Add(new StageEntry(name, map, key.Line, key.Column, substitution.Params, round) { Written = written + key.Value });
    }

    private void AddRounds(List<StageEntry> entries, YamlText key, YamlMap map, YamlItem repeat, Round? outer)
    {
        var text = repeat is YamlText t ? substitution.Apply(t, substitution.Params) : "";
        if (outer is not null)
            mistakes.Add(new Mistake(key.Line, key.Column, key.Value, "a repeat stands inside another; one level is possible."));
        else if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > MostItems)
            mistakes.Add(new Mistake(repeat.Line, repeat.Column, key.Value + ".repeat", $"'{text}' is not a number of rounds; 1 to {MostItems} is possible.", "repeat: 2"));
        else if (map.Find("stages") is not YamlMap { Entries.Count: > 0 } inner)
            mistakes.Add(new Mistake(key.Line, key.Column, key.Value, "repeats no stages.", "stages: { … }"));
        else
        {
            foreach (var (other, _) in map.Entries.Where(e => e.Key.Value is not ("repeat" or "stages")))
                mistakes.Add(new Mistake(other.Line, other.Column, $"{key.Value}.{other.Value}", $"'{other.Value}' cannot stand beside repeat; only stages can."));
            for (var i = 1; i <= count && entries.Count <= MostStages; i++)
                foreach (var (stage, value) in inner.Entries)
                    Add(entries, stage, value, $"{key.Value}[{i}].", key.Value + ".", new Round(key.Value, i, count));
        }
    }

    private void AddItems(List<StageEntry> entries, YamlText key, YamlMap map, YamlItem each, string prefix, string written, Round? round)
    {
        if (each is not YamlMap { Entries: [var (variable, values)] })
        {
            mistakes.Add(new Mistake(each.Line, each.Column, key.Value + ".foreach", "names one variable and its values.", "foreach: { voter: \"1..10\" }"));
            return;
        }
        if (variable.Value.Length == 0 || !variable.Value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            mistakes.Add(new Mistake(variable.Line, variable.Column, key.Value + ".foreach", $"'{variable.Value}' cannot name a variable; letters, digits, - and _ can.", "foreach: { voter: \"1..10\" }"));
            return;
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in Items(key, values))
        {
            if (!seen.Add(item))
            {
                mistakes.Add(new Mistake(values.Line, values.Column, key.Value + ".foreach", $"'{item}' stands there twice; each value makes a stage of its own."));
                return;
            }
            var variables = new Dictionary<string, string>(substitution.Params) { [variable.Value] = item };
            entries.Add(new StageEntry($"{prefix}{key.Value}[{item}]", map, key.Line, key.Column, variables, round) { Written = written + key.Value });
        }
    }

    private IReadOnlyList<string> Items(YamlText key, YamlItem values)
    {
        if (values is YamlList list)
        {
            var items = list.Items.OfType<YamlText>().Select(t => substitution.Apply(t, substitution.Params)).ToList();
            if (items.Any(substitution.IsSecret))
            {
                mistakes.Add(new Mistake(values.Line, values.Column, key.Value + ".foreach", "an item comes from the environment, whose values are never shown; the stages' names show it.", $"foreach: {{ item: [a, b] }}, and ${{env:NAME}} in with"));
                return [];
            }
            if (items.Count == list.Items.Count && items.Count is > 0 and <= MostItems && items.All(CanName))
                return items;
            mistakes.Add(new Mistake(values.Line, values.Column, key.Value + ".foreach", $"takes a list of 1 to {MostItems} plain values, without brackets or bars.", "foreach: { voter: [a, b] }"));
            return [];
        }
        var text = values is YamlText t ? substitution.Apply(t, substitution.Params) : "";
        var ends = text.Split("..");
        if (ends.Length == 2 && int.TryParse(ends[0], out var first) && int.TryParse(ends[1], out var last) && first <= last && (long)last - first < MostItems)
            return [.. Enumerable.Range(first, last - first + 1).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        mistakes.Add(new Mistake(values.Line, values.Column, key.Value + ".foreach", $"'{text}' is not a range of at most {MostItems} numbers, nor a list.", "foreach: { voter: \"1..10\" }"));
        return [];
    }

    /// <summary>A value becomes part of a name that others refer to: <c>voter[value]</c>.</summary>
    private static bool CanName(string item) => item.Length > 0 && !item.Any(c => c is '[' or ']' or '|' || char.IsControl(c));
}
