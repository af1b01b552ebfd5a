using System.Text.Json;
using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>Draws from remembered runs how long stages may take. Where nothing like a stage ever ran here, nothing is said.</summary>
public static class Estimates
{
    private const int MostSamples = 5;
    private const double Alike = 2; // A whole number that differs by more makes another kind of work.
    private const double FarOff = 3; // Scaling by more is rough.

    /// <param name="plan">Of the whole graph, sources first.</param>
    /// <param name="runs">Remembered runs, the newest first.</param>
    /// <param name="device">Where this one would run: others say nothing of it.</param>
    /// <returns>For each stage that may run and of which something is known.</returns>
    public static IReadOnlyDictionary<GraphNode, TimeEstimate> Of(IReadOnlyList<PlanEntry> plan, IEnumerable<RunRecord> runs, string device)
    {
        var kind = device.Split(':')[0];
        var past = runs.Where(r => r.Device.Split(':')[0] == kind).SelectMany(r => r.Stages.Where(s => s.State == StageState.Ran && !s.Resumed)).ToLookup(s => s.Uses);
        var estimates = new Dictionary<GraphNode, TimeEstimate>();
        var rows = new Dictionary<GraphNode, long>();
        foreach (var entry in plan)
        {
            if (entry.Decision is Decision.Hit or Decision.Kept or Decision.Missing)
            {
                if (entry.Last is { } last)
                    rows[entry.Node] = last.Rows;
                continue;
            }
            var fed = Fed(entry.Node, rows);
            var samples = Closest(entry.Node, past[entry.Node.Kind.Name], fed);
            if (samples.Count == 0)
                continue;
            if (entry.Node.Ports.Output.Kind == ArtifactKind.Dataset && samples.TrueForAll(s => s.KnowsRows))
                rows[entry.Node] = (long)Median(samples.Select(s => s.Rows));
            estimates[entry.Node] = new TimeEstimate(TimeSpan.FromSeconds(Median(samples.Select(s => s.Seconds))), samples.Count, samples.Any(s => s.Rough));
        }
        return estimates;
    }

    private sealed record Sample(double Seconds, double Rows, int Differences, bool FarOff, bool SameStage, bool KnowsRows, bool Rough);

    /// <summary>The newest of those whose options differ least, with rows that can be compared before all others, the stage's own before its siblings'.</summary>
    private static List<Sample> Closest(GraphNode node, IEnumerable<StageTrace> past, long? fed)
    {
        var samples = past.Select(t => Of(node, t, fed)).OfType<Sample>().ToList();
        return [.. samples.GroupBy(s => (s.Differences, s.FarOff, Other: !s.SameStage)).OrderBy(g => g.Key).FirstOrDefault()?.Take(MostSamples) ?? []];
    }

    /// <summary>What a past run of such a stage says of this one; null: its work was another.</summary>
    private static Sample? Of(GraphNode node, StageTrace past, long? fed)
    {
        var (differences, work, left) = (0, 1.0, 1.0);
        var counted = false; // Its progress is counted by an option, so that its rows do not matter.
        foreach (var (name, now) in node.OptionValues)
        {
            if (node.Secrets.Contains(name))
                continue;
            var before = past.Options[name];
            var (wholeNow, wholeBefore) = (Whole(now), Whole(before));
            counted |= wholeBefore is > 1 && wholeBefore == past.Steps;
            if (JsonNode.DeepEquals(now, before))
                continue;
            if (wholeNow is > 0 && wholeBefore is > 0)
            {
                var ratio = (double)wholeNow.Value / wholeBefore.Value;
                if (wholeBefore == past.Steps || name == "epochs")
                    work *= ratio;
                else if (past.Fed is null && IsAbout(wholeBefore.Value, past.Rows))
                    (work, left) = (work * Grown(past.Rows, wholeNow.Value - wholeBefore.Value), left * Grown(past.Rows, wholeNow.Value - wholeBefore.Value));
                else if (!name.Contains("seed", StringComparison.Ordinal) && (ratio > Alike || ratio < 1 / Alike))
                    return null;
                else
                    differences++;
                continue;
            }
            differences++;
        }
        var byRows = fed is > 0 && past.Fed is > 0 ? (double)fed.Value / past.Fed.Value : 1;
        var scale = counted ? work : work * byRows;
        var unknownRows = !counted && past.Fed is not null && fed is null;
        var farOff = scale is > FarOff or < 1 / FarOff;
        return new Sample(past.Seconds * scale, past.Rows * left * byRows, differences, farOff, past.Stage == node.Name, past.Fed is null || fed is not null, differences > 0 || unknownRows || farOff);
    }

    /// <summary>A source's option that counts its rows, give or take what else it adds.</summary>
    private static bool IsAbout(long option, long rows) => rows > 0 && (double)option / rows is >= 0.5 and <= 2;

    private static double Grown(long rows, long by) => Math.Max(1.0, rows + by) / rows;

    private static long? Whole(JsonNode? value) =>
        value is JsonValue number && number.GetValueKind() == JsonValueKind.Number && long.TryParse(number.ToJsonString(), out var whole) ? whole : null;

    private static long? Fed(GraphNode node, Dictionary<GraphNode, long> rows)
    {
        var sources = node.Inputs.Where(i => i.Port is DatasetPort).SelectMany(i => i.Sources).Distinct().ToList();
        return sources.Count > 0 && sources.All(rows.ContainsKey) ? sources.Sum(s => rows[s]) : null;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
