namespace DataflowRlhf.Graph;

/// <summary>What is possible in a pipeline file and probably not meant: it runs, with a warning.</summary>
internal static class Oddities
{
    public static IEnumerable<Mistake> Of(YamlMap top, IReadOnlyList<StageEntry> entries, Substitution substitution) =>
        [.. UnusedParams(top, substitution), .. ShadowedParams(entries, substitution), .. NearlyEqualNames(entries), .. ShadowedStages(entries)];

    private static IEnumerable<Mistake> UnusedParams(YamlMap top, Substitution substitution) =>
        from param in (top.Find("params") as YamlMap)?.Entries ?? []
        where substitution.Params.ContainsKey(param.Key.Value) && !substitution.IsUsed(param.Key.Value)
        select new Mistake(param.Key.Line, param.Key.Column, $"params.{param.Key.Value}", "nothing uses this param.", "${" + param.Key.Value + "}");

    private static IEnumerable<Mistake> ShadowedParams(IReadOnlyList<StageEntry> entries, Substitution substitution) =>
        from entry in entries.DistinctBy(e => e.Written)
        where entry.Map.Find("foreach") is YamlMap { Entries: [var (variable, _)] } && substitution.Params.ContainsKey(variable.Value)
        let variable = ((YamlMap)entry.Map.Find("foreach")!).Entries[0].Key
        select new Mistake(variable.Line, variable.Column, $"{entry.Written}.foreach", $"'{variable.Value}' is a param as well; in this stage ${{{variable.Value}}} is the item.");

    private static IEnumerable<Mistake> NearlyEqualNames(IReadOnlyList<StageEntry> entries) =>
        from twins in entries.GroupBy(e => e.Name, StringComparer.OrdinalIgnoreCase)
        where twins.Count() > 1 && twins.Select(t => t.Name).Distinct(StringComparer.Ordinal).Count() > 1
        let second = twins.Skip(1).First()
        select new Mistake(second.Line, second.Column, second.Name, $"differs from '{twins.First().Name}' (line {twins.First().Line}) in upper and lower case alone; files named after stages would collide on some disks.");

    private static IEnumerable<Mistake> ShadowedStages(IReadOnlyList<StageEntry> entries)
    {
        var outside = entries.Where(e => e.Round is null).Select(e => e.Written).ToHashSet(StringComparer.Ordinal);
        return from inner in entries.Where(e => e.Round is not null).DistinctBy(e => e.Written)
               let name = inner.Written[(inner.Round!.Group.Length + 1)..]
               where outside.Contains(name)
               select new Mistake(inner.Line, inner.Column, inner.Written, $"inside '{inner.Round!.Group}' the name '{name}' means this stage; the one outside cannot be named there.");
    }
}
