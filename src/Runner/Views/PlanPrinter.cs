using System.Text.Json;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>What a run would do, for a person or a program.</summary>
internal static class PlanPrinter
{
    /// <param name="memory">Bytes that the device has; null: not known.</param>
    /// <param name="times">How long stages may take, where that is known.</param>
    public static void Print(IReadOnlyList<PlanEntry> plan, long? memory, IReadOnlyDictionary<GraphNode, TimeEstimate> times, TextWriter to)
    {
        var width = plan.Max(p => p.Node.Name.Length);
        var sizes = plan.Max(p => Size(p.Outlook).Length);
        var longest = plan.Max(p => Time(times.GetValueOrDefault(p.Node)).Length);
        foreach (var entry in plan)
            to.WriteLine($"  {entry.Decision.ToString().ToLowerInvariant(),-7} {entry.Node.Name.PadRight(width)}  "
                + (longest > 0 ? Time(times.GetValueOrDefault(entry.Node)).PadLeft(longest) + "  " : "")
                + (sizes > 0 ? Size(entry.Outlook).PadLeft(sizes) + "  " : "") + entry.Reason);
        to.WriteLine($"{plan.Count(p => p.Decision == Decision.Hit)} of {plan.Count} stages are in the store.");
        if (longest > 0)
            PrintTotal(plan, times, to);
        if (sizes > 0)
            to.WriteLine("MB, GB: the most memory a training step takes, beside the program's own. ≤: a bound, as the rows' lengths are not known yet.");
        foreach (var (node, line) in Warnings(plan, memory))
            to.WriteLine($"  warning {node.Name}: {line}");
    }

    /// <summary>One JSON object; docs/running.md says what each field holds.</summary>
    /// <param name="options">Of the run that is planned.</param>
    public static void PrintJson(PipelineGraph graph, IReadOnlyList<PlanEntry> plan, RunOptions options, IReadOnlyDictionary<GraphNode, TimeEstimate> times, TextWriter to) =>
        to.WriteLine(JsonSerializer.Serialize(new
        {
            pipeline = graph.Name,
            device = options.Device,
            stages = plan.Select(p => new
            {
                stage = p.Node.Name,
                uses = p.Node.Kind.Name,
                decision = p.Decision,
                reason = p.Reason,
                key = p.Key,
                waitsFor = p.WaitsFor.Select(n => n.Name),
                seconds = times.GetValueOrDefault(p.Node)?.Time.TotalSeconds,
                rough = times.GetValueOrDefault(p.Node)?.Rough,
                bytes = p.Outlook?.Bytes,
                atMost = p.Outlook?.Bytes is null ? (bool?)null : p.Outlook.AtMost,
            }),
            warnings = Warnings(plan, options.Memory).Select(w => new { stage = w.Node.Name, line = w.Line }),
        }, Told.Indented));

    private static IEnumerable<(GraphNode Node, string Line)> Warnings(IReadOnlyList<PlanEntry> plan, long? memory) =>
        Foresight.Warnings(plan.Where(p => p.Decision != Decision.Hit).Select(p => (p.Node, p.Outlook)), memory);

    /// <summary>What must run, and with it what waits; one stage after the other, so that streams and side-by-side work take less.</summary>
    private static void PrintTotal(IReadOnlyList<PlanEntry> plan, IReadOnlyDictionary<GraphNode, TimeEstimate> times, TextWriter to)
    {
        var musts = plan.Where(p => p.Decision is Decision.Run or Decision.Resume).ToList();
        var waits = plan.Where(p => p.Decision == Decision.Waits).ToList();
        var must = Sum(musts);
        to.WriteLine((musts.Count > 0 ? $"What must run takes {(must.TotalSeconds < 1 ? "less than 1 s" : "about " + TimeEstimate.Words(must))}{Unknown(musts)}" : $"Nothing must run{Unknown(musts)}")
            + (waits.Count > 0 ? $"; with what waits, at most {TimeEstimate.Words(must + Sum(waits))}{Unknown(waits)}" : "")
            + $". ~: by up to {Runs(times.Values.Max(t => t.Runs))} before, of like options and scaled by rows{(times.Values.Any(t => t.Rough) ? "; ≈: rougher, as options or rows were others" : "")}.");

        TimeSpan Sum(List<PlanEntry> of) => of.Aggregate(TimeSpan.Zero, (sum, p) => sum + (times.GetValueOrDefault(p.Node)?.Time ?? TimeSpan.Zero));

        string Unknown(List<PlanEntry> of) => of.Count(p => !times.ContainsKey(p.Node)) is > 0 and var unknown ? $" beside {unknown} of which nothing is known" : "";
    }

    private static string Runs(int count) => count == 1 ? "1 run" : $"{count} runs";

    private static string Time(TimeEstimate? estimate) => estimate is null ? "" : (estimate.Rough ? "≈ " : "~ ") + TimeEstimate.Words(estimate.Time);

    private static string Size(Outlook? outlook) => outlook?.Bytes is { } bytes ? (outlook.AtMost ? "≤ " : "") + Outlook.Size(bytes) : "";
}
