namespace DataflowRlhf.Graph;

/// <summary>What is kept of a stage's work before it is finished, for the attempt or the run that comes after: its journal of batches, its checkpoints, what it put aside.</summary>
/// <param name="artifact">A stage's finished artifact.</param>
internal sealed class Unfinished(PipelineGraph graph, ArtifactStore store, RunOptions options, IRunObserver observer, TimeProvider time, Func<GraphNode, ArtifactRecord> artifact, CancellationToken stopping)
{
    /// <summary>The journal of a stage that turns batches into batches; null where it has none, or while another run writes it.</summary>
    /// <param name="streamed">The port that its rows stream into; null: none does.</param>
    public BatchJournal? Journal(NodeState state, InputPort? streamed)
    {
        var node = state.Node;
        if (options.KeepEvery == Timeout.InfiniteTimeSpan || !node.Cached || node.Ports.Output.Kind != ArtifactKind.Dataset || (streamed is not null && streamed != NodeKeys.Streaming(node)))
            return null;
        var key = JournalKey(state);
        return store.Locks.TryTake(key) is { } mine ? new BatchJournal(store.CheckpointFolder(key), mine, time, options.KeepEvery) : null;
    }

    /// <summary>A folder for checkpoints under the stage's whole key.</summary>
    public string Checkpoints(GraphNode node, Preimage? preimage)
    {
        var key = preimage?.Key() ?? throw new InvalidOperationException($"'{node.Kind.Name}' asks for a checkpoint while its input streams: what it goes on from could be of other rows. Its port must not stream.");
        return Durable.MakeFolder(store.CheckpointFolder(key));
    }

    /// <summary>A stage that was asked for begins at its beginning.</summary>
    public void Forget(NodeState state, Preimage? preimage)
    {
        if (!state.Anew)
            return;
        state.Anew = false;
        foreach (var key in new[] { JournalKey(state), preimage?.Key() })
            if (key is not null && Directory.Exists(store.CheckpointFolder(key)))
                Directory.Delete(store.CheckpointFolder(key), recursive: true);
    }

    /// <summary>What was kept for an artifact that is there: a run that was killed between its commit and its end leaves it.</summary>
    public void Clear(NodeState state, string key)
    {
        foreach (var left in new[] { JournalKey(state), key }.Where(store.HasCheckpointFolder))
        {
            using var mine = store.Locks.TryTake(left); // Null: another run is about to clear it away itself.
            if (mine is not null && store.CheckpointFolder(left) is var folder && Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Lays out what need not be made again.</summary>
    public async Task SeedAsync(NodeState state)
    {
        if (state.Replays is not { } last)
            return;
        var source = state.Node.Inputs.First(i => i.Port == NodeKeys.Streaming(state.Node)).Sources[0];
        var key = JournalKey(state);
        long? spared;
        using (store.Locks.TryTake(key) ?? throw new StageException("another run is making it. Wait for that, and say it again."))
            spared = await QuarantineReplay.SeedAsync(store, artifact(source), last, store.CheckpointFolder(key), stopping);
        observer.Warned(state.Node, spared switch
        {
            null => "its batches cannot be told apart by the rows that were put aside: all of them are made again.",
            0 => "each of its batches lost rows: all of them are made again.",
            1 => "one batch of which no row was put aside is taken as it was.",
            _ => $"{spared:N0} batches of which no row was put aside are taken as they were.",
        });
        (state.Replays, state.ReplayedFrom) = (null, spared > 0 ? last : null); // What is made as a whole is made as it would be without a replay.
    }

    /// <exception cref="StageException">There is nothing to make again.</exception>
    public ArtifactRecord? Replayed(GraphNode node)
    {
        if (!options.Replay.Contains(node.Name))
            return null;
        if (NodeKeys.Streaming(node) is null || node.Ports.Output is not DatasetOutput)
            throw new StageException($"{node.Name} does not turn rows into rows: it can only run as a whole.  write: rlhf rerun {Path.GetFileName(graph.File)} {node.Name}");
        return store.LatestKey(graph.Name, node.Name) is { } latest && store.Find(latest) is { Quarantined: > 0 } last
            ? last
            : throw new StageException($"no row of {node.Name} was put aside, or it never ran.");
    }

    /// <summary>That a part was made under another key.</summary>
    public Acceptance? InPart(ArtifactRecord? replayed, Preimage preimage) =>
        replayed is null || replayed.Key == preimage.Key() ? null
        : new Acceptance(replayed.Key, replayed.Made, time.GetUtcNow(), [.. preimage.Changes(store.PreimageOf(replayed.Key)!).Select(c => new AcceptedChange(c.Field, c.Was, c.Now))]);

    /// <summary>What a failed attempt put aside, for the person: the rows and the reasons.</summary>
    public void KeepQuarantine(GraphNode node, Workspace work)
    {
        var file = work.Beside(ArtifactStore.QuarantineName);
        if (!File.Exists(file))
            return;
        var kept = Path.Combine(store.LogFolder, FailureText.FileName(time, node.Name) + "-" + ArtifactStore.QuarantineName);
        File.Copy(file, kept, overwrite: true);
        observer.Warned(node, $"the rows that it put aside are in {kept}.");
    }

    private string JournalKey(NodeState state) => NodeKeys.ForJournal(state.Node, state.Own, artifact).Key();
}
