namespace DataflowRlhf.Graph;

/// <summary>What was probably meant by names that are not known, so that what is written under them is checked all the same.</summary>
internal static class Meant
{
    /// <summary>Each unknown name with the known one that it is nearest to; where one is unknown and one is missing, it is that one. Null: no telling.</summary>
    /// <param name="given">All names that are written.</param>
    /// <param name="known">The names that there are. One that is given is not meant by another.</param>
    /// <param name="needed">Those of them that must be given.</param>
    public static Dictionary<string, string?> By(IEnumerable<string> given, IReadOnlyCollection<string> known, IEnumerable<string>? needed = null)
    {
        var names = given.Distinct(StringComparer.Ordinal).ToList();
        var free = known.Except(names).ToList();
        var meant = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var name in names.Where(n => !known.Contains(n)))
            if ((meant[name] = Nearest.To(name, free)) is { } near)
                free.Remove(near);
        var missing = (needed ?? []).Where(free.Contains).ToList();
        if (missing.Count == 1 && meant.Where(m => m.Value is null).Select(m => m.Key).ToList() is [var last])
            meant[last] = missing[0];
        return meant;
    }
}
