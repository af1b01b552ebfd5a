namespace DataflowRlhf.Graph;

/// <summary>Keeps a stage's older output where a person knows that what changed does not matter.</summary>
public static class OldOutput
{
    /// <summary>
    /// Makes a stage's latest artifact the artifact of the key that it would have now. Its files get a second name each; no byte is copied where the disk can do that.
    /// Where the store has an artifact of that key, nothing happens.
    /// </summary>
    /// <exception cref="StageException">There is no older output, or it cannot stand for a new one; what feeds the stage is not known yet; or another run is making it.</exception>
    public static async Task<(ArtifactRecord Artifact, bool Accepted)> AcceptAsync(PipelineGraph graph, GraphNode node, ArtifactStore store, RunOptions options, TimeProvider time, CancellationToken stopping)
    {
        var plan = Planner.Plan(graph, store, options).ToDictionary(e => e.Node);
        var entry = plan[node];
        if (!node.Cached)
            throw new StageException($"{node.Name} has 'cache: false', so it runs each time and nothing is kept for it.");
        if (entry.WaitsFor.Count > 0)
            throw new StageException($"{node.Name} cannot be accepted yet: what feeds it is not settled ({string.Join(", ", entry.WaitsFor.Select(w => $"{w.Name}: {plan[w].Reason}"))}). Run or accept {First(entry, plan).Name} first.");
        if (store.Find(entry.Key!) is { } there)
        {
            store.SetLatest(graph.Name, node.Name, there.Key);
            return (there, false);
        }
        if (entry.Last is not { } last || store.PreimageOf(last.Key) is not { } was || StoredRecord.Read(store.FolderOf(last.Key)) is not { } record)
            throw new StageException($"The store has no older output of {node.Name} to accept.  write: rlhf run {Path.GetFileName(graph.File)} --to {node.Name}");
        await RefuseUnfitAsync(node, store, last, stopping);
        var preimage = NodeKeys.Own(node, graph, store, options).With(NodeKeys.Inputs(node, s => store.Find(plan[s].Key!)!));
        var now = time.GetUtcNow();
        var acceptance = new Acceptance(last.Key, last.Made, now, [.. preimage.Changes(was).Select(c => new AcceptedChange(c.Field, c.Was, c.Now))]) { Before = record.Accepted };
        using var mine = store.Locks.TryTake(entry.Key!)
            ?? throw new StageException($"Another run{store.Locks.Holder(entry.Key!)} is making {node.Name} at this moment. Wait for that, or stop it, and say it again.");
        if (store.Find(entry.Key!) is { } meanwhile)
            return (meanwhile, false);
        using var work = store.NewWorkspace();
        var folder = store.FolderOf(last.Key);
        foreach (var file in FolderTree.Files(Path.Combine(folder, ArtifactStore.FilesName))
            .Concat(((string[])[ArtifactStore.MetricsName, ArtifactStore.QuarantineName]).Select(n => Path.Combine(folder, n)).Where(File.Exists)))
            Link(file, work.Beside(Path.GetRelativePath(folder, file)));
        return (store.Commit(work, preimage, record with
        {
            Key = entry.Key!,
            Pipeline = graph.Name,
            Stage = node.Name,
            Made = now,
            Said = [.. record.Said.Where(s => record.Accepted is null || s != Line(record.Accepted)), Line(acceptance)],
            Accepted = acceptance,
        }), true);
    }

    private static string Line(Acceptance acceptance) => $"Not made anew: {acceptance}.";

    /// <summary>Where the unsettled begins: all that feeds it is known.</summary>
    private static GraphNode First(PlanEntry entry, Dictionary<GraphNode, PlanEntry> plan)
    {
        while (entry.WaitsFor.Count > 0)
            entry = plan[entry.WaitsFor[0]];
        return entry.Node;
    }

    /// <summary>What its consumers were checked against must hold for the old output as well.</summary>
    private static async Task RefuseUnfitAsync(GraphNode node, ArtifactStore store, ArtifactRecord last, CancellationToken stopping)
    {
        if (last.Uses != node.Kind.Name || last.Kind != node.Ports.Output.Kind)
            throw new StageException($"{node.Name} is '{node.Kind.Name}' now, and its last output was made by '{last.Uses}': it cannot stand for a new one. Run it.");
        if (last.Kind != ArtifactKind.Dataset)
            return;
        await foreach (var batch in store.Read(last, stopping))
        {
            if (node.Columns.FirstOrDefault(c => !batch.Columns.Contains(c)) is { } missing)
                throw new StageException($"{node.Name} has the column {missing} now, and its last output has {string.Join(", ", batch.Columns)}: it cannot stand for a new one. Run it.");
            return;
        }
    }

    private static void Link(string file, string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(name)!);
        if (Durable.Link(file, name) != true)
            File.Copy(file, name);
    }
}
