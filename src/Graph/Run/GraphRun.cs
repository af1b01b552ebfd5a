namespace DataflowRlhf.Graph;

/// <summary>
/// One run of a graph. Every stage waits until all that feeds it is finished, or until its one running producer offers a stream (<see cref="Streams"/>).
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
    private readonly Streams streams;
    private readonly StageEnd end;
    private readonly OtherRuns others;

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
        others = new OtherRuns(time);
        unfinished = new Unfinished(graph, store, options, observer, time, n => states![n].Artifact!, stopping);
        end = new StageEnd(graph, store, options, time, n => states![n].Artifact!);
        streams = new Streams(graph, store, options, n => states![n].Artifact is not null, NewEdge);
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

    /// <summary>In words, what the device and the streams waited for, and for which other runs this one did.</summary>
    /// <param name="seconds">The whole run.</param>
    public string Verdict(double seconds) => string.Join(' ', new[] { Lane.Verdict(), Bottleneck.Of(Meters.Edges, seconds), others.Verdict() }.Where(v => v.Length > 0));

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
        await RetryAsync(state, streams.Take(state), allFinished);
    }

    private async Task FindOrMakeAsync(NodeState state)
    {
        var node = state.Node;
        var preimage = PreimageOf(state);
        if (options.MayHit(node) && store.Find(preimage.Key()) is { } there)
        {
            Hit(state, there);
            return;
        }
        if (options.MayHit(node) && store.Damage(preimage.Key()) is { } damage)
            observer.Warned(node, $"its artifact is damaged ({damage}); it is made anew.");
        using var mine = await LockAsync(node, preimage);
        if (options.MayHit(node) && store.Find(preimage.Key()) is { } meanwhile)
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
                observer.Warned(node, $"attempt {attempt} of {node.Policy.Retries + 1} failed, the next begins in {Duration.Text(wait)}: {explain(node.Name, cause)}");
                await Task.Delay(wait, time, stopping);
                wait *= 2;
            }
            catch (Exception last) when (attempt > 1 && !stopping.IsCancellationRequested)
            {
                throw new StageException($"failed {attempt} times; the last: {explain(node.Name, last)}", last);
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
        using var lane = stage.UsesDevice ? await Lane.TakeAsync(state.Place, LastInput(node), stopping, (from, to) => others.Within(graph.Upstream([node]).Select(n => n.Name).Contains, from, to)) : null;
        await using var attempt = new Attempt(state, store, time, offer, stopping);
        observer.Started(node);
        await unfinished.SeedAsync(state);

        var toStore = node.Ports.Output.Kind == ArtifactKind.Dataset ? NewEdge(node.Name, "store") : null;
        var targets = streams.Offer(state);
        try
        {
            var run = await attempt.RunAsync(stage, into => NewRun(state, attempt, preimage, offer, into), toStore, targets, options.Parallel);
            Meters.End(node.Name);
            if (state.ReplayedFrom is null) // Else that was told already.
                run.TellRecalled();
            await end.CheckAsync(state, run, attempt.Work);
            var elapsed = attempt.Elapsed;
            var made = preimage is null ? await CommitStreamedAsync(state, run, attempt.Work, offer!, elapsed) : end.Commit(node, run, attempt.Work, preimage, elapsed, unfinished.InPart(state.ReplayedFrom, preimage));
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

    /// <summary>Its key is known only when what it streamed from is finished; then another run may have been quicker.</summary>
    private async Task<ArtifactRecord> CommitStreamedAsync(NodeState state, StageRun run, Workspace work, StreamOffer offer, TimeSpan elapsed)
    {
        var node = state.Node;
        await WaitForInputsAsync(node);
        if (offer.Edge.Lost)
            throw new InvalidOperationException($"What streamed into {node.Name} is not what was kept.");
        var preimage = PreimageOf(state);
        using var mine = await LockAsync(node, preimage);
        if (!options.MayHit(node) || store.Find(preimage.Key()) is not { } theirs)
            return end.Commit(node, run, work, preimage, elapsed, unfinished.InPart(state.ReplayedFrom, preimage));
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
        others.LockAsync(store, node.Name, preimage.Key(), who => observer.Warned(node, $"another run{who} is making it; waiting for that."), stopping);

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

    private NodeState NewState(GraphNode node, int place)
    {
        var own = NodeKeys.Own(node, graph, store, options);
        return new NodeState(node, place, own, streams.MayReach(node, own)) { Anew = options.Force.Contains(node.Name), Replays = unfinished.Replayed(node) };
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
        state.Finish(artifact, time.GetTimestamp());
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
