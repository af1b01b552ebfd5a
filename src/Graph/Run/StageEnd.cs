namespace DataflowRlhf.Graph;

/// <summary>What a stage's body left, looked at and committed.</summary>
/// <param name="artifact">A finished stage's.</param>
internal sealed class StageEnd(PipelineGraph graph, ArtifactStore store, RunOptions options, TimeProvider time, Func<GraphNode, ArtifactRecord> artifact)
{
    /// <summary>What a body leaves must be something, of files that are as they were, and of few enough bad rows.</summary>
    public async Task CheckAsync(NodeState state, StageRun run, Workspace work)
    {
        var node = state.Node;
        var empty = !Directory.EnumerateFileSystemEntries(work.Files).Any();
        if (empty && node.Ports.Output.Kind == ArtifactKind.Report)
            await File.WriteAllTextAsync(Path.Combine(work.Files, "report.json"), run.Summary.ToJsonString(StoredRecord.Json), CancellationToken.None);
        else if (empty && node.Ports.Output.Kind == ArtifactKind.Model)
            throw new InvalidOperationException($"'{node.Kind.Name}' ended and left nothing in its folder.");
        if (NodeKeys.Own(node, graph, store, options).Key() != state.Own.Key())
            throw new StageException("a file that its options name changed while it ran. Run again.");
        if (node.Policy.MaxBad is { } most && most.IsExceeded(run.Quarantined, run.Rows))
            throw Guards.TooManyBad(most, run.Quarantined, run.Rows, run.FirstReason);
        if (run.Loss is { } loss)
            run.Warn(loss);
    }

    /// <param name="inPart">That a part of it was made under another key; null: all of it is new.</param>
    public ArtifactRecord Commit(GraphNode node, StageRun run, Workspace work, Preimage preimage, TimeSpan elapsed, Acceptance? inPart)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var record = new StoredRecord(
            StoredRecord.CurrentFormat, preimage.Key(), ContentDigest.OfFolder(work.Files, files.Add), StoredRecord.FactsOf(run.Summary, work.Beside(ArtifactStore.MetricsName)),
            graph.Name, node.Name, node.Kind.Name, node.Ports.Output.Kind, run.Rows, run.Quarantined, elapsed.TotalSeconds, time.GetUtcNow(), run.Summary, run.Lines)
        {
            Files = files,
            InputDigest = StoredRecord.InputDigestOf(node.Ports.Output.Kind, files),
            Inputs = [.. NodeKeys.Sources(node, artifact)],
            Accepted = inPart,
        };
        return store.Commit(work, preimage, record);
    }
}
