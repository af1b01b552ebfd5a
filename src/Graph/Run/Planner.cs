namespace DataflowRlhf.Graph;

/// <summary>Says, before anything runs, what a run will do with each stage and why.</summary>
public static class Planner
{
    /// <exception cref="StageException">A file that an option names cannot be read.</exception>
    public static IReadOnlyList<PlanEntry> Plan(PipelineGraph graph, ArtifactStore store, RunOptions options)
    {
        var entries = new Dictionary<GraphNode, PlanEntry>();
        var artifacts = new Dictionary<GraphNode, ArtifactRecord>();
        foreach (var node in graph.Nodes)
        {
            var entry = Entry(node, graph, store, options, entries, artifacts);
            entries[node] = entry;
            if (entry.Decision == Decision.Hit)
                artifacts[node] = store.Find(entry.Key!)!;
        }
        var outlooks = Foresight.Of(graph, options.Device, n => artifacts.TryGetValue(n, out var made) ? StageFeeds.ToInput(n, made, store) : null);
        return [.. entries.Values.Select(e => e with { Outlook = outlooks.GetValueOrDefault(e.Node) })];
    }

    private static PlanEntry Entry(
        GraphNode node, PipelineGraph graph, ArtifactStore store, RunOptions options, Dictionary<GraphNode, PlanEntry> entries, Dictionary<GraphNode, ArtifactRecord> artifacts)
    {
        var own = NodeKeys.Own(node, graph, store, options);
        var last = store.LatestKey(graph.Name, node.Name) is { } latest ? store.PreimageOf(latest) : null;
        var waitsFor = node.Inputs.SelectMany(i => i.Sources).Distinct().Where(s => entries[s].Decision != Decision.Hit).Select(s => s.Name).ToList();
        if (waitsFor.Count > 0)
        {
            if (options.Force.Contains(node.Name))
                return new PlanEntry(node, Decision.Run, "it was asked for", null);
            if (last is null)
                return new PlanEntry(node, Decision.Run, "never ran", null);
            var changes = OwnChanges(own, last);
            return changes.Count > 0
                ? new PlanEntry(node, Decision.Run, string.Join("; ", changes), null)
                : new PlanEntry(node, Decision.Waits, $"an input may change ({Few(waitsFor)})", null);
        }
        var preimage = own.With(NodeKeys.Inputs(node, s => artifacts[s]));
        var key = preimage.Key();
        if (options.Force.Contains(node.Name))
            return new PlanEntry(node, Decision.Run, "it was asked for", key);
        if (!node.Cached)
            return new PlanEntry(node, Decision.Run, "cache: false", key);
        if (store.Find(key) is not null)
            return new PlanEntry(node, Decision.Hit, "in the store", key);
        if (Directory.Exists(store.CheckpointFolder(key)) && Directory.EnumerateFileSystemEntries(store.CheckpointFolder(key)).Any())
            return new PlanEntry(node, Decision.Resume, "goes on from its last checkpoint", key);
        var why = last is null ? ["never ran"] : preimage.Since(last);
        return new PlanEntry(node, Decision.Run, why.Count > 0 ? string.Join("; ", why) : "its artifact is gone", key);
    }

    /// <summary>What differs from the last time apart from the inputs.</summary>
    internal static IReadOnlyList<string> OwnChanges(Preimage own, Preimage last) =>
        own.Since(new Preimage(last.Fields.Where(f => !f.Key.StartsWith("input ", StringComparison.Ordinal))));

    private static string Few(List<string> names) => names.Count <= 3 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(3))} and {names.Count - 3} more";
}
