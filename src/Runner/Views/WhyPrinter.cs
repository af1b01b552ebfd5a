using System.Globalization;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>Why a stage runs, waits or is found: its changes field by field, and where an open input's change begins.</summary>
internal static class WhyPrinter
{
    private const int DigestLetters = 12;
    private const int LongestValue = 160;
    private const int MostNames = 4;
    private const int MostTypes = 8;

    /// <param name="plan">Of the whole graph.</param>
    /// <param name="asked">The stages to explain.</param>
    public static void Print(IReadOnlyList<PlanEntry> plan, IReadOnlyList<GraphNode> asked, TextWriter to)
    {
        var entries = plan.ToDictionary(e => e.Node);
        foreach (var node in asked)
            Print(entries[node], entries, to);
    }

    private static void Print(PlanEntry entry, Dictionary<GraphNode, PlanEntry> entries, TextWriter to)
    {
        to.WriteLine($"{entry.Node.Name} ({entry.Node.Kind.Name}) {Verdict(entry)}");
        if (entry.Last is { } last)
            to.WriteLine($"  since   {Short(last.Key)} of {last.Made.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC");
        if (entry.Decision == Decision.Hit && entry.Last?.Accepted is { } accepted && entry.Changes.Count == 0)
            Print(accepted, to);
        // A new version of the program may change hundreds of types.
        var code = entry.Changes.Where(c => c.What == "code").OrderBy(c => c.Was is null || c.Now is null).Skip(MostTypes).ToHashSet();
        var told = entry.Changes.Where(c => !code.Contains(c)).ToList();
        var width = told.Select(c => Name(c).Length).DefaultIfEmpty().Max();
        foreach (var change in told)
            to.WriteLine(change.What == "seed" ? "  seed    the pipeline's is another" : $"  {change.What,-7} {Name(change).PadRight(width)}  {Value(change, change.Was, "(new)")} → {Value(change, change.Now, "(gone)")}");
        if (code.Count > 0)
            to.WriteLine($"  code    and {code.Count} more");
        if (entry.WaitsFor.Count == 0)
            return;
        if (entry.Last is not null && entry.Changes.Count == 0)
            to.WriteLine("  own     options, seed, device, files and code are as they were");
        foreach (var sources in entry.WaitsFor.GroupBy(source => Cause(source, entries), source => source.Name))
            to.WriteLine($"  input   {Few([.. sources])} may change{sources.Key}");
    }

    private static void Print(Acceptance accepted, TextWriter to)
    {
        for (var one = accepted; one is not null; one = one.Before)
        {
            to.WriteLine($"  accepted {one.When.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC, made as {Short(one.From)} {one.Made.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC, in spite of:");
            foreach (var change in one.Changes.Select(c => new FieldChange(c.Field, c.Was, c.Now)))
                to.WriteLine($"    {change.What,-7} {Name(change)}  {Value(change, change.Was, "(new)")} → {Value(change, change.Now, "(gone)")}");
        }
    }

    private static string Verdict(PlanEntry entry) => entry.Decision switch
    {
        Decision.Hit when entry.Changes.Count == 0 => $"is in the store as {Short(entry.Key!)}: nothing changed.",
        Decision.Hit => $"is in the store as {Short(entry.Key!)}, though not as its latest:",
        Decision.Resume => "goes on from its last checkpoint.",
        Decision.Waits => "waits: it runs if an input changes, else it is in the store.",
        _ when entry.Last is null && entry.Changes.Count == 0 => entry.Reason == "never ran" ? "never ran." : $"must run: {entry.Reason}.",
        _ => $"must run: {entry.Reason}",
    };

    /// <summary>The stages at which the change of an open input begins, with their reasons.</summary>
    private static string Cause(GraphNode source, Dictionary<GraphNode, PlanEntry> entries)
    {
        var seen = new HashSet<GraphNode>();
        var causes = new List<string>();
        void Walk(GraphNode node)
        {
            if (!seen.Add(node))
                return;
            if (entries[node].Decision != Decision.Waits)
                causes.Add(node == source ? entries[node].Reason : $"{node.Name}: {entries[node].Reason}");
            else
                foreach (var before in entries[node].WaitsFor)
                    Walk(before);
        }
        Walk(source);
        return causes.Count == 0 ? "" : $" ({string.Join("; ", causes.Take(MostNames))}{(causes.Count > MostNames ? $"; and {causes.Count - MostNames} more" : "")})";
    }

    private static string Few(List<string> names) =>
        names.Count <= MostNames ? string.Join(", ", names) : $"{string.Join(", ", names.Take(MostNames))} and {names.Count - MostNames} more";

    private static string Name(FieldChange change)
    {
        var name = change.Field.Length > change.What.Length ? change.Field[(change.What.Length + 1)..] : "";
        return change.Source is null ? name : $"{name} (from {change.Source})";
    }

    private static string Value(FieldChange change, string? value, string none) => change.What switch
    {
        _ when value is null => none,
        "option" or "seed" or "device" or "library" or "stage" => change.Shown(value) is var text && text.Length <= LongestValue ? text : text[..LongestValue] + "…",
        // A report's input is the stage's name, its content and its facts.
        _ => string.Join(' ', value.Split(' ').Select(Short)),
    };

    private static string Short(string digest) =>
        digest.Length > DigestLetters && digest.All(char.IsAsciiHexDigitLower) ? digest[..DigestLetters] : digest;
}
