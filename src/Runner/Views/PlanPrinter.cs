using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

internal static class PlanPrinter
{
    /// <param name="memory">Bytes that the device has; null: not known.</param>
    public static void Print(IReadOnlyList<PlanEntry> plan, long? memory, TextWriter to)
    {
        var width = plan.Max(p => p.Node.Name.Length);
        var sizes = plan.Max(p => Size(p.Outlook).Length);
        foreach (var entry in plan)
            to.WriteLine($"  {entry.Decision.ToString().ToLowerInvariant(),-7} {entry.Node.Name.PadRight(width)}  {(sizes > 0 ? Size(entry.Outlook).PadLeft(sizes) + "  " : "")}{entry.Reason}");
        to.WriteLine($"{plan.Count(p => p.Decision == Decision.Hit)} of {plan.Count} stages are in the store.");
        if (sizes > 0)
            to.WriteLine("MB, GB: the most memory a training step takes, beside the program's own. ≤: a bound, as the rows' lengths are not known yet.");
        foreach (var (node, line) in Foresight.Warnings(plan.Where(p => p.Decision != Decision.Hit).Select(p => (p.Node, p.Outlook)), memory))
            to.WriteLine($"  warning {node.Name}: {line}");
    }

    private static string Size(Outlook? outlook) => outlook?.Bytes is { } bytes ? (outlook.AtMost ? "≤ " : "") + Outlook.Size(bytes) : "";
}
