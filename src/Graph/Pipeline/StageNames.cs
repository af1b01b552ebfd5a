namespace DataflowRlhf.Graph;

/// <summary>Finds the stages that a person's words mean, and says of the others what was possible.</summary>
internal sealed class StageNames
{
    private const int MostShown = 40;
    private readonly List<(GraphNode Node, StageName Name)> all;

    public StageNames(IEnumerable<GraphNode> nodes) =>
        all = [.. nodes.Select(n => (n, StageName.Parse(n.Name) ?? throw new InvalidOperationException($"'{n.Name}' is no stage's name.")))];

    /// <summary>Words apart at their commas, those in brackets left where they are.</summary>
    public static IEnumerable<string> Split(string words)
    {
        var (start, depth) = (0, 0);
        for (var i = 0; i <= words.Length; i++)
        {
            if (i < words.Length && (words[i] != ',' || depth > 0))
            {
                depth += words[i] switch { '[' => 1, ']' => -1, _ => 0 };
                continue;
            }
            yield return words[start..i].Trim();
            start = i + 1;
        }
    }

    /// <summary>The stages of one name or pattern, in the graph's order; none where it means nothing, or one of the items that it counts up is not there.</summary>
    public IReadOnlyList<GraphNode> Find(string name) => MissingItem(name) is null ? Meant(name) : [];

    private IReadOnlyList<GraphNode> Meant(string name) =>
        StageName.Parse(name) is { } pattern ? [.. all.Where(n => pattern.Means(n.Name, place => Last(pattern, place))).Select(n => n.Node)] : [];

    /// <summary>What is wrong with a name that means no stage, and what to write instead.</summary>
    public string Mistake(string name)
    {
        if (name.Length == 0)
            return $"A stage's name is empty ({Possible()}).";
        if (Unbracketed(name) is { } bracketed)
            return $"There is no stage '{name}' in it. Has the shell taken the brackets? Quote the name.  write: '{bracketed}'";
        if (name.Contains('[') && StageName.Parse(name) is null)
            return $"'{name}' is no stage's name: brackets hold one item and are followed by a dot or nothing.  write: {Near(name) ?? all[^1].Node.Name}";
        if (MissingItem(name) is { } item)
            return item;
        var inside = all.FirstOrDefault(n => n.Name.Parts.Count > 1 && n.Name.Parts[^1].Key == (StageName.Parse(name)?.Parts[^1].Key ?? name));
        var near = inside.Node is not null && !name.Contains('.') ? $"'{inside.Name.Parts[0].Key}[last].{name}'" : Near(name);
        return $"There is no stage '{name}' in it ({Possible()}).{(near is null ? "" : $"  write: {near}")}";
    }

    /// <summary>All stages in few words: those of a foreach or repeat as <c>voter[1..10]</c>.</summary>
    private string Possible()
    {
        var words = all.GroupBy(n => n.Name.Written).Select(Together).ToList();
        return string.Join(", ", words.Take(MostShown)) + (words.Count > MostShown ? $", and {words.Count - MostShown} more" : "");
    }

    private static string Together(IGrouping<string, (GraphNode Node, StageName Name)> same)
    {
        var names = same.Select(n => n.Name).ToList();
        return string.Join('.', names[0].Parts.Select((part, place) => part.Item is null ? part.Key : $"{part.Key}[{Range([.. names.Select(n => n.Parts[place].Item!).Distinct()])}]"));
    }

    private static string Range(List<string> items)
    {
        var numbers = items.Select(StageName.Number).ToList();
        return items.Count > 1 && numbers.All(n => n is not null) && numbers.Max() - numbers.Min() == items.Count - 1
            ? $"{numbers.Min()}..{numbers.Max()}" : string.Join(',', items);
    }

    /// <summary><c>voter[30]</c> of ten.</summary>
    private string? MissingItem(string name)
    {
        if (StageName.Parse(name) is not { } pattern)
            return null;
        for (var place = 0; place < pattern.Parts.Count; place++)
        {
            if (pattern.Parts[place].Item is not { } item)
                continue;
            var before = pattern.Parts.Take(place).ToList();
            var bare = new StageName([.. before, pattern.Parts[place] with { Item = null }]);
            var found = all.Where(n => bare.Means(n.Name, i => Last(bare, i))).Select(n => n.Name).ToList();
            var lacking = Counted(item).FirstOrDefault(one => Meant(Text([.. before, pattern.Parts[place] with { Item = one }])).Count == 0);
            if (found.Count == 0 || lacking is null || found.Exists(n => n.Parts[place].Item == item))
                continue;
            item = lacking;
            var items = found.Select(n => n.Parts[place].Item).OfType<string>().Distinct().ToList();
            if (items.Count == 0)
                return $"'{Text(bare.Parts)}' has no items: '{name}' is not in it.  write: {Text(bare.Parts)}";
            var near = Text([.. before, pattern.Parts[place] with { Item = StageName.Number(item) is null ? Nearest.To(item, items) ?? items[^1] : items[^1] }, .. pattern.Parts.Skip(place + 1)]);
            return $"'{Text(bare.Parts)}' has no item '{item}' ({Range(items)}).  write: '{near}'";
        }
        return null;
    }

    /// <summary>What a pattern's item counts up: <c>1,4</c> one by one, of <c>1..3</c> the ends.</summary>
    private static IEnumerable<string> Counted(string item) =>
        item.Split(',', StringSplitOptions.TrimEntries).SelectMany(one => one.Split("..") is [var from, var to] && StageName.Number(from) is not null && StageName.Number(to) is not null ? (string[])[from, to] : [one]);

    private string? Near(string name)
    {
        var near = Nearest.To(name, all.SelectMany(n => Prefixes(n.Name)).Distinct());
        return near?.Contains('[') == true ? $"'{near}'" : near;
    }

    /// <summary>All by which a stage can be meant: <c>round</c>, <c>round[2]</c>, <c>round[2].policy</c>, <c>round.policy</c>.</summary>
    private static IEnumerable<string> Prefixes(StageName name)
    {
        for (var count = 1; count <= name.Parts.Count; count++)
        {
            var parts = name.Parts.Take(count).ToList();
            yield return Text(parts);
            yield return string.Join('.', parts.Select(p => p.Key));
        }
    }

    /// <summary>The stage whose name is this one's without brackets, as a shell leaves it.</summary>
    private string? Unbracketed(string name) => name.Contains('[') ? null
        : all.SelectMany(n => Prefixes(n.Name)).FirstOrDefault(p => p.Contains('[') && p.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal) == name);

    private string? Last(StageName pattern, int place)
    {
        var before = new StageName([.. pattern.Parts.Take(place), pattern.Parts[place] with { Item = null }]);
        var items = all.Where(n => before.Means(n.Name, i => Last(before, i))).Select(n => n.Name.Parts[place].Item).OfType<string>().Distinct().ToList();
        return items.Count == 0 ? null : items.All(i => StageName.Number(i) is not null) ? items.MaxBy(StageName.Number) : items[^1];
    }

    private static string Text(IEnumerable<StageName.Part> parts) => string.Join('.', parts.Select(p => p.Item is null ? p.Key : $"{p.Key}[{p.Item}]"));
}
