namespace DataflowRlhf.Graph;

/// <summary>Says, before anything runs, what a run will do with each stage and why.</summary>
public static class Planner
{
    /// <summary>The plan of what the run needs: with <see cref="RunOptions.Only"/>, these stages and what feeds them.</summary>
    /// <exception cref="StageException">A file that an option names cannot be read.</exception>
    public static IReadOnlyList<PlanEntry> Plan(PipelineGraph graph, ArtifactStore store, RunOptions options)
    {
        var entries = new Dictionary<GraphNode, PlanEntry>();
        var artifacts = new Dictionary<GraphNode, ArtifactRecord>();
        foreach (var node in options.Only is { } only ? graph.Upstream(graph.Nodes.Where(n => only.Contains(n.Name))) : graph.Nodes)
        {
            var entry = Entry(node, graph, store, options, artifacts);
            entries[node] = entry;
            if (entry.Decision is Decision.Hit or Decision.Kept)
                artifacts[node] = entry.Decision == Decision.Kept ? entry.Last! : store.Find(entry.Key!)!;
        }
        var outlooks = Foresight.Of(graph, options.Device, n => artifacts.TryGetValue(n, out var made) ? StageFeeds.ToInput(n, made, store) : null);
        // What lies further back than what feeds a stage of the slice may be gone.
        var feeds = entries.Keys.Where(n => options.Only?.Contains(n.Name) != false).SelectMany(n => n.Inputs).SelectMany(i => i.Sources).ToHashSet();
        return [.. entries.Values.Where(e => e.Decision != Decision.Missing || feeds.Contains(e.Node)).Select(e => e with { Outlook = outlooks.GetValueOrDefault(e.Node) })];
    }

    private static PlanEntry Entry(
        GraphNode node, PipelineGraph graph, ArtifactStore store, RunOptions options, Dictionary<GraphNode, ArtifactRecord> artifacts)
    {
        var own = NodeKeys.Own(node, graph, store, options);
        var latest = store.LatestKey(graph.Name, node.Name);
        var last = latest is null ? null : store.PreimageOf(latest);
        var damage = latest is null ? null : store.Damage(latest);
        var waitsFor = node.Inputs.SelectMany(i => i.Sources).Distinct().Where(s => !artifacts.ContainsKey(s)).ToList();
        var preimage = waitsFor.Count > 0 ? null : own.With(NodeKeys.Inputs(node, s => artifacts[s]));
        var changes = last is null ? [] : preimage is null ? OwnChanges(own, last) : preimage.Changes(last);
        var (decision, reason) = options.Only?.Contains(node.Name) == false
            ? Outside(node, store, preimage?.Key(), latest, changes)
            : Decide(node, store, options, preimage?.Key(), latest is null, damage is not null ? Damaged(damage) : last is null ? Gone : null, waitsFor, changes);
        if (decision is Decision.Run or Decision.Waits && !options.Force.Contains(node.Name) && KeptBatches(node, own, store, artifacts))
            (decision, reason) = (Decision.Resume, "goes on behind the batches that it has kept");
        return new PlanEntry(node, decision, reason, preimage?.Key())
        {
            Changes = [.. changes.Select(c => c with { Source = NodeKeys.SourceOf(node, c.Field)?.Name })],
            WaitsFor = waitsFor,
            Last = latest is null ? null : store.Find(latest),
        };
    }

    private const string Gone = "its artifact is gone";

    private static string Damaged(string damage) => $"its artifact is damaged: {damage}";

    /// <param name="key">Null while an input is open.</param>
    /// <param name="lost">What became of its latest artifact; null: nothing.</param>
    private static (Decision Decision, string Reason) Decide(
        GraphNode node, ArtifactStore store, RunOptions options, string? key, bool never, string? lost, List<GraphNode> waitsFor, IReadOnlyList<FieldChange> changes)
    {
        if (options.Force.Contains(node.Name) || options.Replay.Contains(node.Name))
            return (Decision.Run, "it was asked for");
        if (key is null)
            return never ? (Decision.Run, "never ran")
                : changes.Count > 0 ? (Decision.Run, string.Join("; ", Preimage.Words(changes)))
                : lost is not null ? (Decision.Run, lost)
                : (Decision.Waits, $"an input may change ({Few([.. waitsFor.Select(n => n.Name)])})");
        if (!node.Cached)
            return (Decision.Run, "cache: false");
        if (store.Find(key) is { } there)
            return (Decision.Hit, Found(node, store, there));
        if (store.HasCheckpoint(key))
            return (Decision.Resume, "goes on from its last checkpoint");
        if (store.Damage(key) is { } damage)
            return (Decision.Run, Damaged(damage));
        return (Decision.Run, never ? "never ran" : changes.Count > 0 ? string.Join("; ", Preimage.Words(changes)) : lost ?? Gone);
    }

    private static string Found(GraphNode node, ArtifactStore store, ArtifactRecord there) => string.Join("; ", (string[])[
        there.Accepted is { } accepted ? $"in the store, {accepted}" : "in the store", .. Guards.Problems(node, there, store).Select(p => p + ": the run fails there")]);

    private static bool KeptBatches(GraphNode node, Preimage own, ArtifactStore store, Dictionary<GraphNode, ArtifactRecord> artifacts) =>
        node.Cached && node.Inputs.Where(i => i.Port != NodeKeys.Streaming(node)).SelectMany(i => i.Sources).All(artifacts.ContainsKey)
        && store.HasCheckpoint(NodeKeys.ForJournal(node, own, s => artifacts[s]).Key());

    /// <summary>A stage that may not run: found by its key, else the latest of its name, else nothing can be made of it.</summary>
    private static (Decision Decision, string Reason) Outside(GraphNode node, ArtifactStore store, string? key, string? latest, IReadOnlyList<FieldChange> changes)
    {
        if (key is not null && store.Find(key) is { } there)
            return (Decision.Hit, Found(node, store, there));
        if (latest is null || store.Find(latest) is null)
            return (Decision.Missing, latest is not null && store.Damage(latest) is { } damage ? $"{Damaged(damage)}, and it may not run" : "the store has nothing of it, and it may not run");
        if (key is null)
            return (Decision.Kept, "taken as it is: what feeds it is gone from the store");
        return (Decision.Kept, "out of date, and taken as it is" + (changes.Count > 0 ? $": {string.Join("; ", Preimage.Words(changes))}" : ""));
    }

    /// <summary>What differs from the last time apart from the inputs.</summary>
    internal static IReadOnlyList<FieldChange> OwnChanges(Preimage own, Preimage last) =>
        own.Changes(new Preimage(last.Fields.Where(f => !f.Key.StartsWith("input ", StringComparison.Ordinal))));

    private static string Few(List<string> names) => names.Count <= 3 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(3))} and {names.Count - 3} more";
}
