using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>
/// Writes <c>foreach</c> and <c>repeat</c> out: <c>voter[1]</c> … <c>voter[10]</c>, <c>round[1].policy</c> ….
/// What cannot be written out is told and goes on as one item, or as two rounds, so that the rest of it is checked as well.
/// </summary>
internal sealed class Unroller(Substitution substitution, List<Mistake> mistakes)
{
    internal const int MostItems = 1_000;

    /// <summary>Ends the name of the item that stands for those that could not be read.</summary>
    internal const string AnyItem = "[…]";

    private const int MostStages = 10_000;
    private const int SomeRounds = 2;
    private static readonly string[] Keys = [.. EntryKeys.All, "repeat", "stages"];

    private readonly HashSet<Mistake> told = [];
    private readonly HashSet<string> partial = new(StringComparer.Ordinal);
    private bool tooMany;

    /// <summary>Whether a name may be one of those that could not be written out: that it is not there is then told already.</summary>
    /// <param name="name">Of a stage, as it is written.</param>
    /// <param name="group">The repeat that it is written in, whose stages it may name without it; null: none.</param>
    public bool MayHave(string name, string? group)
    {
        var written = StageName.Parse(name)?.Written ?? name;
        return tooMany || partial.Any(p => IsOf(p, written) || (group is not null && p != group && IsOf(p, $"{group}.{written}")));
    }

    private static bool IsOf(string outer, string name) => name == outer || name.StartsWith(outer + ".", StringComparison.Ordinal);

    public IReadOnlyList<StageEntry> Unroll(YamlMap stages)
    {
        var entries = new List<StageEntry>();
        foreach (var (key, value) in stages.Entries.Concat(stages.Again))
        {
            Add(entries, key, value, "", "", null);
            if (entries.Count <= MostStages)
                continue;
            Tell(key, key.Value, $"with it there are more than {MostStages:N0} stages, foreach and repeat written out.");
            tooMany = true;
            return [];
        }
        return entries;
    }

    private void Add(List<StageEntry> entries, YamlText key, YamlItem value, string prefix, string written, Round? round)
    {
        var name = written + key.Value;
        if (!IsName(key.Value))
            Tell(key, name, $"'{key.Value}' cannot name a stage; letters, digits, - and _ can.");
        if (value is not YamlMap given)
        {
            Tell(key, name, "a stage is a map.", $"{key.Value}: {{ uses: … }}");
            partial.Add(name);
            return;
        }
        var map = given.Mended(Keys, (unknown, at, meant) =>
            Tell(unknown, $"{name}.{unknown.Value}", $"'{unknown.Value}' is not known in a stage ({string.Join(", ", EntryKeys.All)}, repeat).", meant is null ? null : $"{meant}: {(at as YamlText)?.Value ?? "…"}"));
        var bare = new StageEntry(prefix + key.Value, map, key.Line, key.Column, substitution.Params, round) { Written = name };
        if (map.Find("repeat") is not null || map.Find("stages") is not null)
            AddRounds(entries, key, map, prefix, bare);
        else if (map.Find("foreach") is { } each)
            AddItems(entries, each, bare);
        else
            entries.Add(bare);
    }

    private void AddRounds(List<StageEntry> entries, YamlText key, YamlMap map, string prefix, StageEntry bare)
    {
        foreach (var (other, _) in map.Entries.Where(e => e.Key.Value is not ("repeat" or "stages")))
            Tell(other, $"{bare.Written}.{other.Value}", $"'{other.Value}' cannot stand beside repeat; only stages can.");
        var count = Rounds(key, map.Find("repeat"), bare);
        if (count is null)
            partial.Add(bare.Written);
        if (map.Find("stages") is not YamlMap { Entries.Count: > 0 } inner)
        {
            Tell(key, bare.Written, "repeats no stages.", "stages: { … }");
            partial.Add(bare.Written);
            return;
        }
        IReadOnlyList<KeyValuePair<YamlText, YamlItem>> stages = [.. inner.Entries, .. inner.Again];
        // A repeat inside another goes on as if its stages stood beside it; what adds nothing to the first round adds nothing to the others.
        for (var i = 1; i <= (count ?? SomeRounds) && entries.Count <= MostStages; i++)
            stages = [.. stages.Where(stage =>
            {
                var before = entries.Count;
                if (bare.Round is null)
                    Add(entries, stage.Key, stage.Value, $"{key.Value}[{i}].", key.Value + ".", new Round(key.Value, i, count ?? SomeRounds));
                else if (i == 1)
                    Add(entries, stage.Key, stage.Value, prefix, bare.Round.Group + ".", bare.Round);
                return entries.Count > before;
            })];
    }

    /// <summary>The number of rounds; null where there is a mistake.</summary>
    private int? Rounds(YamlText key, YamlItem? repeat, StageEntry bare)
    {
        var text = repeat is YamlText given ? substitution.Apply(given, substitution.Params) : "";
        var good = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= MostItems;
        if (bare.Round is not null)
            Tell(key, bare.Written, "a repeat stands inside another; one level is possible.");
        else if (repeat is null)
            Tell(key, bare.Written, "does not say how many rounds.", "repeat: 2");
        else if (!good)
            Tell(repeat, bare.Written + ".repeat", $"{(repeat is YamlText ? $"'{text}'" : repeat.Said)} is not a number of rounds; 1 to {MostItems} is possible.", "repeat: 2");
        return good && bare.Round is null ? count : null;
    }

    private void AddItems(List<StageEntry> entries, YamlItem each, StageEntry bare)
    {
        var where = bare.Written + ".foreach";
        if (each is not YamlMap { Entries: [var (variable, values)] })
        {
            Tell(each, where, "names one variable and its values.", "foreach: { voter: \"1..10\" }");
            AddAny(entries, bare, Substitution.Any);
            return;
        }
        if (!IsName(variable.Value))
            Tell(variable, where, $"'{variable.Value}' cannot name a variable; letters, digits, - and _ can.", "foreach: { voter: \"1..10\" }");
        var (items, all) = Items(values, where);
        foreach (var item in items)
            entries.Add(bare with { Name = $"{bare.Name}[{item}]", Variables = new Dictionary<string, string>(substitution.Params) { [variable.Value] = item } });
        if (!all)
            partial.Add(bare.Written);
        if (items.Count == 0)
            AddAny(entries, bare, variable.Value);
    }

    /// <summary>One item for those that could not be read: its variable has no value, and nothing that follows from that is told.</summary>
    private void AddAny(List<StageEntry> entries, StageEntry bare, string variable)
    {
        partial.Add(bare.Written);
        entries.Add(bare with { Name = bare.Name + AnyItem, Variables = new Dictionary<string, string>(substitution.Params) { [variable] = substitution.Open(variable) } });
    }

    /// <summary>The values that could be read, each once; <c>All</c>: there are no others.</summary>
    private (IReadOnlyList<string> Items, bool All) Items(YamlItem values, string where)
    {
        if (values is YamlList list)
            return Items(list, where);
        var text = values is YamlText given ? substitution.Apply(given, substitution.Params) : "";
        var ends = text.Split("..");
        if (ends.Length == 2 && int.TryParse(ends[0], out var first) && int.TryParse(ends[1], out var last) && first <= last && (long)last - first < MostItems)
            return ([.. Enumerable.Range(first, last - first + 1).Select(i => i.ToString(CultureInfo.InvariantCulture))], true);
        Tell(values, where, $"{(values is YamlText ? $"'{text}'" : values.Said)} is not a range of at most {MostItems} numbers, nor a list.", "foreach: { voter: \"1..10\" }");
        return ([], false);
    }

    private (IReadOnlyList<string> Items, bool All) Items(YamlList list, string where)
    {
        var given = list.Items.OfType<YamlText>().Select(t => t with { Value = substitution.Apply(t, substitution.Params) }).ToList();
        if (given.Any(t => substitution.IsSecret(t.Value)))
        {
            Tell(list, where, "an item comes from the environment, whose values are never shown; the stages' names show it.", "foreach: { item: [a, b] }, and ${env:NAME} in with");
            return ([], false);
        }
        var good = given.Where(t => CanName(t.Value)).Take(MostItems).ToList();
        if (good.Count == 0 || good.Count < list.Items.Count)
            Tell(list, where, $"takes a list of 1 to {MostItems} plain values, without brackets or bars.", "foreach: { voter: [a, b] }");
        foreach (var twin in good.GroupBy(t => t.Value).Where(g => g.Count() > 1))
            Tell(twin.Last(), where, $"'{twin.Key}' stands there twice; each value makes a stage of its own.");
        var known = good.Select(t => t.Value).Where(v => !substitution.IsOpen(v)).Distinct(StringComparer.Ordinal).ToList();
        return (known, known.Count > 0 && good.Count == list.Items.Count && !good.Any(t => substitution.IsOpen(t.Value)));
    }

    private static bool IsName(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>A value becomes part of a name that others refer to: <c>voter[value]</c>.</summary>
    private static bool CanName(string item) => item.Length > 0 && !item.Any(c => c is '[' or ']' or '|' || char.IsControl(c));

    /// <summary>Once: rounds share their lines.</summary>
    private void Tell(YamlItem at, string where, string problem, string? write = null)
    {
        var mistake = new Mistake(at.Line, at.Column, where, problem, write);
        if (told.Add(mistake))
            mistakes.Add(mistake);
    }
}
