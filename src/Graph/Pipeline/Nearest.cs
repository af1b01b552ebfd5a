namespace DataflowRlhf.Graph;

/// <summary>The name that somebody probably meant.</summary>
public static class Nearest
{
    /// <summary>The closest of the names, or null when none is close (more than a third of the letters differ, or all of a short one).</summary>
    public static string? To(string given, IEnumerable<string> names)
    {
        var best = names.Select(name => (name, distance: Distance(given.ToLowerInvariant(), name.ToLowerInvariant())))
            .OrderBy(n => n.distance).ThenBy(n => n.name, StringComparer.Ordinal).FirstOrDefault();
        return best.name is not null && best.distance < given.Length && best.distance <= Math.Max(2, given.Length / 3) ? best.name : null;
    }

    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
