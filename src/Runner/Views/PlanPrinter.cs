using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

internal static class PlanPrinter
{
    public static void Print(IReadOnlyList<PlanEntry> plan, TextWriter to)
    {
        var width = plan.Max(p => p.Node.Name.Length);
        foreach (var entry in plan)
            to.WriteLine($"  {entry.Decision.ToString().ToLowerInvariant(),-7} {entry.Node.Name.PadRight(width)}  {entry.Reason}");
        to.WriteLine($"{plan.Count(p => p.Decision == Decision.Hit)} of {plan.Count} stages are in the store.");
    }
}
