using System.Collections.Concurrent;

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
    private readonly CancellationTokenSource abort;
    private readonly CancellationToken stopping;
    private readonly Dictionary<GraphNode, NodeState> states;
    private readonly ConcurrentQueue<Edge> edges = new();
    private readonly Lock gate = new();

    public GraphRun(PipelineGraph graph, ArtifactStore store, RunOptions options, IRunObserver observer, TimeProvider time, CancellationTokenSource abort)
    {
        this.graph = graph;
        this.store = store;
        this.options = options;
        this.observer = observer;
        this.time = time;
        this.abort = abort;
        stopping = abort.Token;
        Lane = new DeviceLane(time);
        Nodes = options.Only is { } only ? WithSources(graph, only) : graph.Nodes;
        states = Nodes.Select((n, i) => NewState(n, i)).ToDictionary(s => s.Node);
        foreach (var node in Nodes)
            foreach (var input in node.Inputs)
                foreach (var source in input.Sources)
                    states[source].Consumers.Add((states[node], input.Port));
    }

    /// <summary>The stages that this run needs.</summary>
    public IReadOnlyList<GraphNode> Nodes { get; }

    public DeviceLane Lane { get; }

    public IReadOnlyDictionary<string, ArtifactRecord> Finished =>
        states.Values.Where(s => s.Artifact is not null).ToDictionary(s => s.Node.Name, s => s.Artifact!);

    public IReadOnlyList<EdgeMeter> Edges => [.. edges.Select(e => e.Meter)];

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
        var offer = TakeOffer(state);
        if (offer is not null)
            await MakeAsync(state, null, offer);
        else
        {
            await allFinished;
            await FindOrMakeAsync(state);
        }
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
        store.SetLatest(graph.Name, state.Node.Name, artifact.Key);
        foreach (var line in artifact.Said)
            observer.Said(state.Node, line);
        Finish(state, artifact, hit: true, TimeSpan.Zero);
    }

    /// <summary>Runs the stage's body and commits what it leaves.</summary>
    private async Task MakeAsync(NodeState state, Preimage? preimage, StreamOffer? offer)
    {
        var node = state.Node;
        var stage = node.Create();
        using var lane = stage.UsesDevice ? await Lane.TakeAsync(state.Place, LastInput(node), stopping) : null;
        using var work = store.NewWorkspace();
        var began = time.GetTimestamp();
        observer.Started(node);

        var toStore = node.Ports.Output.Kind == ArtifactKind.Dataset ? NewEdge(node.Name, "store") : null;
        var streams = OfferStreams(state);
        var feeds = new StageFeeds(node, store, source => states[source].Artifact, offer?.Port, offer?.Edge, (port, artifact) => Replay(node, port, artifact));
        using var run = new StageRun(node, graph, options.Device, feeds, work, () => Checkpoints(node, preimage), store.SharedFolder, observer, stopping)
        {
            Targets = toStore is null ? [] : [toStore, .. streams],
            Lineage = Lineage(node),
        };
        var kept = toStore is null ? Task.FromResult(0L) : KeepAsync(toStore, work.Files, node.Columns);
        var body = BodyAsync(stage, run, run.Targets);
        await FirstFaultAsync(body, kept);
        offer?.Edge.Abandon();
        run.Dispose();
        if (await kept != run.Rows)
            throw new InvalidOperationException($"{node.Name} emitted {run.Rows} rows and {await kept} were kept.");
        if (run.Loss is { } loss)
            run.Warn(loss);
        if (node.Ports.Output.Kind == ArtifactKind.Report && !Directory.EnumerateFileSystemEntries(work.Files).Any())
            await File.WriteAllTextAsync(Path.Combine(work.Files, "report.json"), run.Summary.ToJsonString(StoredRecord.Json), stopping);
        if (toStore is null && !Directory.EnumerateFileSystemEntries(work.Files).Any())
            throw new InvalidOperationException($"'{node.Kind.Name}' ended and left nothing in its folder.");
        stopping.ThrowIfCancellationRequested();

        if (NodeKeys.Own(node, graph, store, options).Key() != state.Own.Key())
            throw new StageException("a file that its options name changed while it ran. Run again.");
        var elapsed = time.GetElapsedTime(began);
        if (preimage is not null)
        {
            Finish(state, Commit(node, run, work, preimage, elapsed), hit: false, elapsed);
            return;
        }
        // Its key is known only now that what it streamed from is finished; another run may have been quicker.
        await WaitForInputsAsync(node);
        preimage = PreimageOf(state);
        using var mine = await LockAsync(node, preimage);
        var theirs = MayHit(node) ? store.Find(preimage.Key()) : null;
        if (theirs is not null)
            store.SetLatest(graph.Name, node.Name, theirs.Key);
        Finish(state, theirs ?? Commit(node, run, work, preimage, elapsed), hit: false, elapsed);
    }

    private Preimage PreimageOf(NodeState state) => state.Own.With(NodeKeys.Inputs(state.Node, s => states[s].Artifact!));

    private Task<StoreLock> LockAsync(GraphNode node, Preimage preimage) =>
        store.LockAsync(preimage.Key(), () => observer.Warned(node, "another run is making it; waiting for that."), stopping);

    private bool MayHit(GraphNode node) => node.Cached && !options.Force.Contains(node.Name);

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
            .Select(s => new LineageStep(s.Node.Name, s.Node.Kind.Name, s.Artifact!.Digest))];
    }

    private ArtifactRecord Commit(GraphNode node, StageRun run, Workspace work, Preimage preimage, TimeSpan elapsed)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var record = new StoredRecord(
            StoredRecord.CurrentFormat, preimage.Key(), ContentDigest.OfFolder(work.Files, files.Add), StoredRecord.FactsOf(run.Summary, work.Beside(ArtifactStore.MetricsName)),
            graph.Name, node.Name, node.Kind.Name, node.Ports.Output.Kind, run.Rows, run.Quarantined, elapsed.TotalSeconds, time.GetUtcNow(), run.Summary, run.Lines) { Files = files };
        return store.Commit(work, preimage, record);
    }

    private async Task BodyAsync(Stage stage, StageRun run, IReadOnlyList<Edge> targets)
    {
        await Task.Yield();
        try
        {
            await (stage is RowStage rows ? RowStageNetwork.RunAsync(rows, run, options.Parallel) : stage.RunAsync(run));
        }
        catch (OperationCanceledException foreign) when (!stopping.IsCancellationRequested)
        {
            throw new InvalidOperationException($"Something in '{run.Name}' was cancelled: {foreign.Message}", foreign);
        }
        stopping.ThrowIfCancellationRequested();
        foreach (var target in targets)
            target.Complete();
    }

    private async Task<long> KeepAsync(Edge edge, string folder, IReadOnlyList<Column> declared)
    {
        await using var writer = new DatasetWriter(folder);
        await foreach (var batch in edge.ReadAllAsync(stopping))
            await writer.WriteAsync(batch, stopping);
        await writer.CompleteAsync(declared);
        return writer.Rows;
    }

    /// <summary>A finished dataset through the same kind of pipe as a stream: read ahead only as far as the pipe allows.</summary>
    private IAsyncEnumerable<Batch> Replay(GraphNode node, InputPort port, ArtifactRecord artifact)
    {
        var source = node.Inputs.First(i => i.Port == port).Sources[0];
        var edge = NewEdge($"{source.Name} (store)", node.Name);
        return FollowAsync();

        async IAsyncEnumerable<Batch> FollowAsync()
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            var pumped = PumpAsync(enough.Token);
            try
            {
                await foreach (var batch in edge.ReadAllAsync(enough.Token))
                    yield return batch;
            }
            finally
            {
                await enough.CancelAsync();
                if (!pumped.IsFaulted)
                    await pumped.ContinueWith(_ => { }, TaskScheduler.Default);
            }
            await pumped;
        }

        async Task PumpAsync(CancellationToken cancel)
        {
            await Task.Yield();
            try
            {
                await foreach (var batch in store.Read(artifact, cancel))
                    await edge.SendAsync(batch).WaitAsync(cancel);
                edge.Complete();
            }
            catch (Exception problem)
            {
                edge.Fault(problem);
                throw;
            }
        }
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
        return new NodeState(node, place, own, MayStream(node, own));
    }

    /// <summary>
    /// Whether a stage may start on a stream, before its key is known. Not where its own part is as it was the last time:
    /// then its input may turn out unchanged, and it would be found in the store.
    /// </summary>
    private bool MayStream(GraphNode node, Preimage own)
    {
        if (node.Create().UsesDevice || options.Only?.Contains(node.Name) == false)
            return false;
        if (!MayHit(node))
            return true;
        return store.LatestKey(graph.Name, node.Name) is not { } latest || store.PreimageOf(latest) is not { } last || Planner.OwnChanges(own, last).Count > 0;
    }

    /// <summary>A stage that may not run: by its key, else the latest of its name.</summary>
    private ArtifactRecord FromStore(GraphNode node)
    {
        if (store.Find(PreimageOf(states[node]).Key()) is { } exact)
            return exact;
        if (store.LatestKey(graph.Name, node.Name) is not { } latest || store.Find(latest) is not { } stale)
            throw new StageException($"the store has nothing of it yet, and only {string.Join(", ", options.Only!)} may run.  write: rlhf run {Path.GetFileName(graph.File)}");
        observer.Warned(node, "is out of date; its last artifact is used as it is.");
        return stale;
    }

    private string Checkpoints(GraphNode node, Preimage? preimage)
    {
        var key = preimage?.Key() ?? throw new InvalidOperationException($"'{node.Kind.Name}' asks for a checkpoint while its input streams: what it goes on from could be of other rows. Its port must not stream.");
        var folder = store.CheckpointFolder(key);
        Directory.CreateDirectory(folder);
        return folder;
    }

    private void Finish(NodeState state, ArtifactRecord artifact, bool hit, TimeSpan elapsed)
    {
        lock (gate)
        {
            state.Artifact = artifact;
            state.FinishedAt = time.GetTimestamp();
        }
        observer.Finished(state.Node, artifact, hit, elapsed);
        state.Done.SetResult();
    }

    /// <summary>A fault of either stops the other, which may be waiting for it, and is what is thrown.</summary>
    private async Task FirstFaultAsync(Task body, Task kept)
    {
        var first = await Task.WhenAny(body, kept);
        if (!first.IsCompletedSuccessfully)
            await abort.CancelAsync();
        await Task.WhenAll(body, kept).ContinueWith(_ => { }, TaskScheduler.Default);
        await first;
        await Task.WhenAll(body, kept);
    }

    private Task WaitForInputsAsync(GraphNode node) =>
        Task.WhenAll(node.Inputs.SelectMany(i => i.Sources).Select(s => states[s].Done.Task)).WaitAsync(stopping);

    private string? LastInput(GraphNode node) =>
        node.Inputs.SelectMany(i => i.Sources).Select(s => states[s]).Where(s => s.FinishedAt is not null).MaxBy(s => s.FinishedAt)?.Node.Name;

    private Edge NewEdge(string from, string to)
    {
        var edge = new Edge(from, to, time, stopping);
        edges.Enqueue(edge);
        return edge;
    }

    private static IReadOnlyList<GraphNode> WithSources(PipelineGraph graph, IReadOnlySet<string> only)
    {
        var needed = graph.Nodes.Where(n => only.Contains(n.Name)).ToHashSet();
        foreach (var node in graph.Nodes.Reverse())
            if (needed.Contains(node))
                needed.UnionWith(node.Inputs.SelectMany(i => i.Sources));
        return [.. graph.Nodes.Where(needed.Contains)];
    }
}
