namespace DataflowRlhf.Graph;

/// <summary>
/// One run of a graph. Every stage waits until all that feeds it is finished, or until its one running producer offers a stream.
/// A stream is offered only where it can block nobody but its own producer: all other inputs are finished and the consumer needs no device,
/// so that streams form trees and never meet again (a diamond's far side replays the finished artifact).
/// </summary>
internal sealed class GraphRun
{
    private readonly PipelineGraph graph;
    private readonly ArtifactStore store;
    private readonly RunOptions options;
    private readonly IRunObserver observer;
    private readonly TimeProvider time;
    private readonly Func<string, Exception, string> explain;
    private readonly CancellationToken stopping;
    private readonly Dictionary<GraphNode, NodeState> states;
    private readonly Unfinished unfinished;
    private readonly Lock gate = new();

    public GraphRun(PipelineGraph graph, IReadOnlyList<GraphNode> needed, ArtifactStore store, RunOptions options, IRunObserver observer, TimeProvider time, Func<string, Exception, string> explain, CancellationToken stopping)
    {
        this.graph = graph;
        this.store = store;
        this.options = options;
        this.observer = observer;
        this.time = time;
        this.explain = explain;
        this.stopping = stopping;
        Lane = new DeviceLane(time);
        Meters = new Meters(time);
        unfinished = new Unfinished(graph, store, options, observer, time, n => states![n].Artifact!, stopping);
        Nodes = needed;
        states = Nodes.Select((n, i) => NewState(n, i)).ToDictionary(s => s.Node);
        foreach (var node in Nodes)
            foreach (var input in node.Inputs)
                foreach (var source in input.Sources.Where(states.ContainsKey))
                    states[source].Consumers.Add((states[node], input.Port));
    }

    /// <summary>The stages that this run needs.</summary>
    public IReadOnlyList<GraphNode> Nodes { get; }

    public DeviceLane Lane { get; }

    public IReadOnlyDictionary<string, ArtifactRecord> Finished =>
        states.Values.Where(s => s.Artifact is not null).ToDictionary(s => s.Node.Name, s => s.Artifact!);

    public Meters Meters { get; }

    /// <summary>Finds or makes a stage's artifact.</summary>
    public async Task RunAsync(GraphNode node)
    {
        var state = states[node];
        if (options.Only is { } only && !only.Contains(node.Name))
        {
            await WaitForInputsAsync(node);
            Finish(state, FromStore(node), hit: true, TimeSpan.Zero);
            return;
        }
        var allFinished = WaitForInputsAsync(node);
        await await Task.WhenAny(allFinished, state.Offer.Task);
        await RetryAsync(state, TakeOffer(state), allFinished);
    }

    private async Task FindOrMakeAsync(NodeState state)
    {
        var node = state.Node;
        var preimage = PreimageOf(state);
        if (MayHit(node) && store.Find(preimage.Key()) is { } there)
        {
            Hit(state, there);
            return;
        }
        using var mine = await LockAsync(node, preimage);
        if (MayHit(node) && store.Find(preimage.Key()) is { } meanwhile)
            Hit(state, meanwhile);
        else
            await MakeAsync(state, preimage, null);
    }

    private void Hit(NodeState state, ArtifactRecord artifact)
    {
        unfinished.Clear(state, artifact.Key);
        store.SetLatest(graph.Name, state.Node.Name, artifact.Key);
        foreach (var line in artifact.Said)
            observer.Said(state.Node, line);
        Finish(state, artifact, hit: true, TimeSpan.Zero);
    }

    /// <summary>Attempts until one succeeds, fails for good, or there have been enough. What a failed one kept, the next one goes on from.</summary>
    private async Task RetryAsync(NodeState state, StreamOffer? offer, Task inputs)
    {
        var (node, wait) = (state.Node, state.Node.Policy.RetryWait);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (offer is not null)
                    await MakeAsync(state, null, offer);
                else
                {
                    await inputs;
                    await FindOrMakeAsync(state);
                }
                return;
            }
            catch (Exception) when (offer is { Edge.Lost: true } && !stopping.IsCancellationRequested)
            {
                attempt--; // Its producer's fault, not its own.
            }
            catch (Exception cause) when (attempt <= node.Policy.Retries && !stopping.IsCancellationRequested && SecondChance.Has(cause))
            {
                observer.Warned(node, $"attempt {attempt} of {node.Policy.Retries + 1} failed: {explain(node.Name, cause).TrimEnd('.')}. The next one begins in {Duration.Text(wait)}.");
                await Task.Delay(wait, time, stopping);
                wait *= 2;
            }
            offer = null; // What has streamed is gone; the finished artifact will be read.
        }
    }

    /// <summary>Runs the stage's body and commits what it leaves.</summary>
    /// <param name="preimage">Null while an input streams.</param>
    private async Task MakeAsync(NodeState state, Preimage? preimage, StreamOffer? offer)
    {
        var node = state.Node;
        var stage = node.Create();
        using var lane = stage.UsesDevice ? await Lane.TakeAsync(state.Place, LastInput(node), stopping) : null;
        await using var attempt = new Attempt(state, store, time, offer, stopping);
        observer.Started(node);
        await unfinished.SeedAsync(state);

        var toStore = node.Ports.Output.Kind == ArtifactKind.Dataset ? NewEdge(node.Name, "store") : null;
        var streams = OfferStreams(state);
        try
        {
            var run = await attempt.RunAsync(stage, targets => NewRun(state, attempt, preimage, offer, targets), toStore, streams, options.Parallel);
            Meters.End(node.Name);
            await CheckAsync(state, run, attempt.Work);
            var elapsed = attempt.Elapsed;
            var made = preimage is null ? await CommitStreamedAsync(state, run, attempt.Work, offer!, elapsed) : Commit(node, run, attempt.Work, preimage, elapsed);
            run.Journal?.Discard();
            Finish(state, made, hit: false, elapsed);
        }
        catch
        {
            Meters.End(node.Name);
            attempt.Lose();
            if (!stopping.IsCancellationRequested && offer is not { Edge.Lost: true })
                unfinished.KeepQuarantine(node, attempt.Work);
            throw;
        }
    }

    /// <summary>What a body leaves must be something, of files that are as they were, and of few enough bad rows.</summary>
    private async Task CheckAsync(NodeState state, StageRun run, Workspace work)
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

    /// <summary>Its key is known only when what it streamed from is finished; then another run may have been quicker.</summary>
    private async Task<ArtifactRecord> CommitStreamedAsync(NodeState state, StageRun run, Workspace work, StreamOffer offer, TimeSpan elapsed)
    {
        var node = state.Node;
        await WaitForInputsAsync(node);
        if (offer.Edge.Lost)
            throw new InvalidOperationException($"What streamed into {node.Name} is not what was kept.");
        var preimage = PreimageOf(state);
        using var mine = await LockAsync(node, preimage);
        if (!MayHit(node) || store.Find(preimage.Key()) is not { } theirs)
            return Commit(node, run, work, preimage, elapsed);
        store.SetLatest(graph.Name, node.Name, theirs.Key);
        return theirs;
    }

    private StageRun NewRun(NodeState state, Attempt attempt, Preimage? preimage, StreamOffer? offer, IReadOnlyList<Edge> targets)
    {
        var node = state.Node;
        unfinished.Forget(state, preimage);
        var feeds = new StageFeeds(node, store, source => states[source].Artifact, offer?.Port, offer?.Edge, (port, artifact) =>
            Replay.Follow(store, artifact, NewEdge($"{node.Inputs.First(i => i.Port == port).Sources[0].Name} (store)", node.Name), attempt.Stopping));
        var run = new StageRun(node, graph, options.Device, feeds, attempt.Work, () => unfinished.Checkpoints(node, preimage), store.SharedFolder, observer, attempt.Stopping)
        {
            Targets = targets,
            Lineage = Lineage(node),
            Journal = unfinished.Journal(state, offer?.Port),
        };
        Meters.Begin(run);
        return run;
    }

    private Preimage PreimageOf(NodeState state) => state.Own.With(NodeKeys.Inputs(state.Node, s => states[s].Artifact!));

    private Task<StoreLock> LockAsync(GraphNode node, Preimage preimage) =>
        store.LockAsync(preimage.Key(), () => observer.Warned(node, $"another run{store.Holder(preimage.Key())} is making it; waiting for that."), stopping);

    private bool MayHit(GraphNode node) => node.Cached && !options.Force.Contains(node.Name) && !options.Replay.Contains(node.Name);

    /// <summary>The finished ones among all that a stage is fed by way of, in the graph's order.</summary>
    private List<LineageStep> Lineage(GraphNode node)
    {
        var before = new HashSet<GraphNode>();
        void Add(GraphNode of)
        {
            foreach (var source in of.Inputs.SelectMany(i => i.Sources).Where(before.Add))
                Add(source);
        }
        Add(node);
        return [.. Nodes.Where(before.Contains).Select(n => (Node: n, states[n].Artifact)).Where(s => s.Artifact is not null)
            .Select(s => new LineageStep(s.Node.Name, s.Node.Kind.Name, s.Artifact!.Digest, s.Artifact.Accepted?.ToString()))];
    }

    private ArtifactRecord Commit(GraphNode node, StageRun run, Workspace work, Preimage preimage, TimeSpan elapsed)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var record = new StoredRecord(
            StoredRecord.CurrentFormat, preimage.Key(), ContentDigest.OfFolder(work.Files, files.Add), StoredRecord.FactsOf(run.Summary, work.Beside(ArtifactStore.MetricsName)),
            graph.Name, node.Name, node.Kind.Name, node.Ports.Output.Kind, run.Rows, run.Quarantined, elapsed.TotalSeconds, time.GetUtcNow(), run.Summary, run.Lines) { Files = files, Inputs = [.. NodeKeys.Sources(node, s => states[s].Artifact!)], Accepted = unfinished.InPart(states[node].ReplayedFrom, preimage) };
        return store.Commit(work, preimage, record);
    }

    /// <summary>Opens a stream to every consumer that can start now and can block nobody else.</summary>
    private List<Edge> OfferStreams(NodeState producer)
    {
        var streams = new List<Edge>();
        lock (gate)
        {
            foreach (var (consumer, port) in producer.Consumers)
            {
                if (!consumer.MayStream || port is not DatasetPort { Streams: true } || consumer.Offer.Task.IsCompleted || consumer.Settled)
                    continue;
                if (consumer.Node.Inputs.Where(i => i.Port != port).SelectMany(i => i.Sources).Any(s => states[s].Artifact is null))
                    continue;
                var edge = NewEdge(producer.Node.Name, consumer.Node.Name);
                consumer.Offer.SetResult(new StreamOffer(port, edge));
                streams.Add(edge);
            }
        }
        return streams;
    }

    private StreamOffer? TakeOffer(NodeState state)
    {
        lock (gate)
        {
            state.Settled = true;
            return state.Offer.Task.IsCompletedSuccessfully ? state.Offer.Task.Result : null;
        }
    }

    private NodeState NewState(GraphNode node, int place)
    {
        var own = NodeKeys.Own(node, graph, store, options);
        return new NodeState(node, place, own, MayStream(node, own)) { Anew = options.Force.Contains(node.Name), Replays = unfinished.Replayed(node) };
    }

    /// <summary>
    /// Whether a stage may start on a stream, before its key is known. Not where its own part is as it was the last time:
    /// then its input may turn out unchanged, and it would be found in the store.
    /// </summary>
    private bool MayStream(GraphNode node, Preimage own)
    {
        if (node.Create().UsesDevice || options.Only?.Contains(node.Name) == false || options.Replay.Contains(node.Name))
            return false;
        if (!MayHit(node))
            return true;
        return store.LatestKey(graph.Name, node.Name) is not { } latest || store.PreimageOf(latest) is not { } last || Planner.OwnChanges(own, last).Count > 0;
    }

    /// <summary>A stage that may not run: by its key, else the latest of its name.</summary>
    private ArtifactRecord FromStore(GraphNode node)
    {
        var known = node.Inputs.SelectMany(i => i.Sources).All(states.ContainsKey);
        if (known && store.Find(PreimageOf(states[node]).Key()) is { } exact)
            return exact;
        if (store.LatestKey(graph.Name, node.Name) is not { } latest || store.Find(latest) is not { } stale)
            throw new StageException($"the store has nothing of it yet, and only {string.Join(", ", options.Only!)} may run.  write: rlhf run {Path.GetFileName(graph.File)}");
        observer.Warned(node, known ? "is out of date; its last artifact is used as it is." : "is taken as it is: what feeds it is gone from the store.");
        return stale;
    }

    private void Finish(NodeState state, ArtifactRecord artifact, bool hit, TimeSpan elapsed)
    {
        lock (gate)
        {
            state.Artifact = artifact;
            state.FinishedAt = time.GetTimestamp();
        }
        observer.Finished(state.Node, artifact, hit, elapsed);
        Guards.Check(state.Node, artifact, store);
        state.Done.SetResult();
    }

    private Task WaitForInputsAsync(GraphNode node) =>
        Task.WhenAll(node.Inputs.SelectMany(i => i.Sources).Where(states.ContainsKey).Select(s => states[s].Done.Task)).WaitAsync(stopping);

    private string? LastInput(GraphNode node) =>
        node.Inputs.SelectMany(i => i.Sources).Select(s => states[s]).Where(s => s.FinishedAt is not null).MaxBy(s => s.FinishedAt)?.Node.Name;

    private Edge NewEdge(string from, string to) => Meters.Add(new Edge(from, to, time, stopping));
}
