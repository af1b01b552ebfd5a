namespace DataflowRlhf.Graph;

/// <summary>Follows one row through a pipeline's latest artifacts: what each stage added to it or changed, where it was put aside, and what was made of it.</summary>
public static class RowTrail
{
    /// <summary>The column by which rows are named.</summary>
    public const string RowName = "row_id";

    /// <param name="plan">Of the whole graph, sources first.</param>
    /// <param name="row">The row's name.</param>
    /// <returns>The stages that the row or something made of it came to, in the graph's order; empty where no stage knows it.</returns>
    /// <exception cref="StageException">An artifact is damaged.</exception>
    public static async Task<IReadOnlyList<RowStep>> OfAsync(IReadOnlyList<PlanEntry> plan, ArtifactStore store, string row, CancellationToken stopping)
    {
        var steps = new Dictionary<GraphNode, RowStep>();
        foreach (var entry in plan)
            if ((entry.Decision == Decision.Hit ? store.Find(entry.Key!) : entry.Last) is { } made && await StepAsync(entry.Node, made, steps, row, stopping) is { } step)
                steps[entry.Node] = step with { Stale = entry.Decision != Decision.Hit };
        return [.. plan.Where(e => steps.ContainsKey(e.Node)).Select(e => steps[e.Node])];
    }

    private static async Task<RowStep?> StepAsync(GraphNode node, ArtifactRecord made, Dictionary<GraphNode, RowStep> steps, string row, CancellationToken stopping)
    {
        var fed = node.Inputs.SelectMany(i => i.Sources.Select(s => (i.Port, Source: s))).Where(f => steps.ContainsKey(f.Source)).ToList();
        var (port, source) = fed.FirstOrDefault(f => f.Port is DatasetPort && steps[f.Source].Fate == RowFate.Has);
        var before = source is null ? null : steps[source].Found;
        if (made.Kind == ArtifactKind.Dataset && await RowFinder.FindAsync(made.Folder, RowName, row, 1, stopping) is [var found])
            return Has(node, made, source?.Name, before, found);
        if (Aside(made, row) is { } reason)
            return new RowStep(node.Name, made, RowFate.PutAside, source?.Name) { Reason = reason };
        if (source is not null)
        {
            if (port is DatasetPort { Only: var (column, value) } && Cell(before!, column) is string cell && cell != value)
                return new RowStep(node.Name, made, RowFate.PassedOver, source.Name) { Reason = $"it takes {column}={value}, and this row's is {cell}" };
            return new RowStep(node.Name, made, made.Kind == ArtifactKind.Dataset ? RowFate.Left : RowFate.Read, source.Name);
        }
        var follows = fed.FirstOrDefault(f => steps[f.Source].Fate is RowFate.Read or RowFate.Follows).Source;
        return follows is null ? null : new RowStep(node.Name, made, RowFate.Follows, follows.Name);
    }

    private static RowStep Has(GraphNode node, ArtifactRecord made, string? from, FoundRow? before, FoundRow found)
    {
        var added = new List<(string, object?)>();
        var changed = new List<(string, object?, object?)>();
        foreach (var column in found.Row.Columns)
        {
            var values = found.Row.Values(column);
            var old = before?.Row.Columns.FirstOrDefault(c => c.Name == column.Name);
            if (old is null)
                added.Add((column.Name, values.GetValue(0)));
            else if (CellHash.Of(before!.Row.Values(old), 0) != CellHash.Of(values, 0))
                changed.Add((column.Name, before.Row.Values(old).GetValue(0), values.GetValue(0)));
        }
        return new RowStep(node.Name, made, RowFate.Has, from) { Found = found, Added = added, Changed = changed };
    }

    private static string? Aside(ArtifactRecord made, string row) =>
        made.Quarantined == 0 ? null : Quarantine.Of(made).FirstOrDefault(q => q.Cells[RowName]?.ToString() == row)?.Reason;

    private static object? Cell(FoundRow found, string column) =>
        found.Row.Columns.FirstOrDefault(c => c.Name == column) is { } there ? found.Row.Values(there).GetValue(0) : null;
}
