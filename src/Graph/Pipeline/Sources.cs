namespace DataflowRlhf.Graph;

/// <summary>The stages written so far and what their names mean in a <c>from</c>: <c>a</c>, <c>a[2]</c>, <c>a[*]</c>, <c>round[last].b</c>, <c>previous.b | a</c>.</summary>
/// <param name="mistakes">Where a name that means nothing goes.</param>
/// <param name="build">The node of an entry, built with all that feeds it; null where it has a mistake.</param>
internal sealed class Sources(EntryMistakes mistakes, Func<StageEntry, GraphNode?> build)
{
    private const string Previous = "previous.";
    private const int MostListed = 50;
    private readonly Dictionary<string, StageEntry> entries = new(StringComparer.Ordinal);

    /// <summary>Whether a name, written in a repeat or in none, may be one that could not be written out: it is no further mistake.</summary>
    public Func<string, string?, bool> MayHave { get; set; } = (_, _) => false;

    public void Add(StageEntry entry) => entries.TryAdd(entry.Name, entry);

    /// <summary>The nodes that a reference means; not all of them where a mistake is told. Of alternatives the first that this round has is taken; all must be names of something.</summary>
    public (IReadOnlyList<GraphNode> Nodes, bool All) Resolve(StageEntry entry, YamlText reference)
    {
        var choices = reference.Value.Split('|', StringSplitOptions.TrimEntries);
        var unknown = choices.Distinct(StringComparer.Ordinal).Where(c => !IsKnown(entry, c)).Take(MostListed).ToList();
        foreach (var choice in unknown)
            Unknown(entry, reference, choice);
        if (unknown.Count > 0)
            return ([], false);
        foreach (var choice in choices)
        {
            var name = choice;
            if (choice.StartsWith(Previous, StringComparison.Ordinal))
            {
                if (entry.Round!.Index == 1)
                    continue;
                name = $"{entry.Round.Group}[{entry.Round.Index - 1}].{choice[Previous.Length..]}";
            }
            var matches = Matches(entry, name);
            var nodes = matches.Select(build).OfType<GraphNode>().ToList();
            return (nodes, nodes.Count == matches.Count);
        }
        mistakes.Add(reference, entry, "from", "round 1 has no previous round; say what it starts from.", $"from: \"{reference.Value} | …\"");
        return ([], false);
    }

    private bool IsKnown(StageEntry entry, string choice) => !choice.StartsWith(Previous, StringComparison.Ordinal)
        ? Matches(entry, choice).Count > 0
        : entry.Round is { } round && Matches(entry, $"{round.Group}[{round.Index}].{choice[Previous.Length..]}").Count > 0;

    private void Unknown(StageEntry entry, YamlText reference, string choice)
    {
        var start = choice.StartsWith(Previous, StringComparison.Ordinal) ? choice[Previous.Length..] : choice;
        if (MayHave(start, entry.Round?.Group))
            return;
        if (choice.StartsWith(Previous, StringComparison.Ordinal) && entry.Round is null)
        {
            mistakes.Add(reference, entry, "from", $"'{choice}': only a stage inside a repeat has a previous round.", choice[Previous.Length..]);
            return;
        }
        var prefix = choice.StartsWith(Previous, StringComparison.Ordinal) ? Previous : "";
        var known = (prefix.Length > 0 ? entries.Values.Where(e => e.Round?.Group == entry.Round!.Group) : entries.Values).Select(e => prefix + Reference(e, entry)).Distinct().ToList();
        var near = known.Contains(choice + "[*]") ? choice + "[*]" : Nearest.To(choice, known.Where(k => k != entry.Name));
        var remedy = near is null ? null : reference.Value == choice ? near.Contains('[') ? $"from: \"{near}\"" : "from: " + near : $"from: \"{reference.Value.Replace(choice, near, StringComparison.Ordinal)}\"";
        mistakes.Add(reference, entry, "from", choice.Length == 0 ? $"names no stage ({Listed(known)})." : $"there is no stage '{choice}' ({Listed(known)}).", remedy);
    }

    /// <summary>How one entry is referred to from another: by its name in the same round, <c>round[last].b</c> from outside.</summary>
    private static string Reference(StageEntry target, StageEntry from)
    {
        var item = target.Name.EndsWith(']') ? "[*]" : "";
        return target.Round is null ? target.Written + item
            : target.Written[(target.Round.Group.Length + 1)..] is var inner && target.Round.Group == from.Round?.Group ? inner + item
            : $"{target.Round.Group}[last].{inner}{item}";
    }

    private static string Listed(List<string> names) => string.Join(", ", names.Take(MostListed)) + (names.Count > MostListed ? $" and {names.Count - MostListed:N0} more" : "");

    private List<StageEntry> Matches(StageEntry entry, string name)
    {
        if (entry.Round is { } round && Found($"{round.Group}[{round.Index}].{name}") is { Count: > 0 } siblings)
            return siblings;
        var last = name.IndexOf("[last].", StringComparison.Ordinal);
        if (last <= 0)
            return Found(name);
        var count = entries.Values.FirstOrDefault(e => e.Round?.Group == name[..last])?.Round?.Count;
        return count is null ? [] : Found($"{name[..last]}[{count}]{name[(last + 6)..]}");
    }

    private List<StageEntry> Found(string name)
    {
        if (entries.TryGetValue(name, out var exact))
            return [exact];
        if (name.EndsWith(']') && entries.TryGetValue(name[..Math.Max(0, name.LastIndexOf('['))] + Unroller.AnyItem, out var any))
            return [any];
        var star = name.IndexOf("[*]", StringComparison.Ordinal);
        if (star <= 0)
            return [];
        var (before, after) = (name[..star] + "[", name[(star + 2)..]);
        return [.. entries.Values.Where(e => e.Name.Length >= before.Length + after.Length && e.Name.StartsWith(before, StringComparison.Ordinal) && e.Name.EndsWith(after, StringComparison.Ordinal)
            && !e.Name[before.Length..^after.Length].Contains(']'))];
    }
}
