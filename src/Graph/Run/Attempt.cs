namespace DataflowRlhf.Graph;

/// <summary>One attempt to make a stage's artifact: its edges, its body, what is kept of it. Has a token of its own, so that a failure or a time-out ends it and not the run.</summary>
internal sealed class Attempt : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);
    private readonly NodeState state;
    private readonly ArtifactStore store;
    private readonly TimeProvider time;
    private readonly StreamOffer? offer;
    private readonly CancellationToken runStopping;
    private readonly CancellationTokenSource limit;
    private readonly CancellationTokenSource stop;
    private readonly long began;
    private Edge? toStore;
    private IReadOnlyList<Edge> streams = [];
    private StageRun? run;
    private bool stuck;

    public Attempt(NodeState state, ArtifactStore store, TimeProvider time, StreamOffer? offer, CancellationToken runStopping)
    {
        this.state = state;
        this.store = store;
        this.time = time;
        this.offer = offer;
        this.runStopping = runStopping;
        limit = Node.Policy.Timeout is { } timeout ? new CancellationTokenSource(timeout, time) : new CancellationTokenSource();
        stop = CancellationTokenSource.CreateLinkedTokenSource(runStopping, limit.Token);
        Work = store.NewWorkspace();
        began = time.GetTimestamp();
    }

    public Workspace Work { get; }

    /// <summary>Ends this attempt.</summary>
    public CancellationToken Stopping => stop.Token;

    public TimeSpan Elapsed => time.GetElapsedTime(began);

    private GraphNode Node => state.Node;

    /// <summary>Runs the body, and keeps its rows; returns when all that it emitted is in the workspace.</summary>
    /// <param name="newRun">The stage's view of the world, given where its batches go.</param>
    /// <param name="toStore">Where a dataset's rows are kept; null: it leaves files.</param>
    /// <param name="streams">To stages that run beside it.</param>
    public async Task<StageRun> RunAsync(Stage stage, Func<IReadOnlyList<Edge>, StageRun> newRun, Edge? toStore, IReadOnlyList<Edge> streams, int parallel)
    {
        (this.toStore, this.streams) = (toStore, streams);
        run = newRun(toStore is null ? [] : [toStore, .. streams]);
        try
        {
            var kept = toStore is null ? Task.FromResult(0L) : KeepAsync(toStore);
            await FirstFaultAsync(BodyAsync(stage, run, parallel), kept);
            if (await kept != run.Rows)
                throw new InvalidOperationException($"{Node.Name} emitted {run.Rows} rows and {await kept} were kept.");
            return run;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !runStopping.IsCancellationRequested)
        {
            throw new StageException($"it ran longer than its timeout of {Duration.Text(Node.Policy.Timeout!.Value)}. Give it a longer one, or less to do; what it kept on the way is used the next time.") { MaySucceedAgain = true };
        }
        finally
        {
            offer?.Edge.Abandon();
            run.Dispose();
        }
    }

    /// <summary>What ends an attempt that hangs, in a sentence.</summary>
    public static string Remedy(StagePolicy policy) => policy.Timeout is { } timeout
        ? $"Its timeout of {Duration.Text(timeout)} tells it to stop; {Duration.Text(Grace)} later it is left behind."
        : "A stage's 'timeout' would end it.";

    /// <summary>What failed here streams to nobody any more: its consumers wait for what a later attempt makes.</summary>
    public void Lose()
    {
        foreach (var stream in streams)
            stream.Lose($"{Node.Name} begins again.");
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        if (run?.Journal is { } journal)
            await journal.DisposeAsync();
        if (!stuck)
            Work.Dispose();
        stop.Dispose();
        limit.Dispose();
    }

    private async Task BodyAsync(Stage stage, StageRun run, int parallel)
    {
        await Task.Yield();
        try
        {
            await (stage is RowStage rows ? RowStageNetwork.RunAsync(rows, run, parallel) : stage.RunAsync(run));
        }
        catch (OperationCanceledException foreign) when (!Stopping.IsCancellationRequested)
        {
            throw new InvalidOperationException($"Something in '{run.Name}' was cancelled: {foreign.Message}", foreign);
        }
        Stopping.ThrowIfCancellationRequested();
        foreach (var target in run.Targets)
            target.Complete();
    }

    private async Task<long> KeepAsync(Edge edge)
    {
        await using var writer = new DatasetWriter(Work.Files);
        await foreach (var batch in edge.ReadAllAsync(Stopping))
            await writer.WriteAsync(batch, Stopping);
        await writer.CompleteAsync(Node.Columns);
        return writer.Rows;
    }

    /// <summary>A fault of either stops the other, which may be waiting for it, and is what is thrown.</summary>
    private async Task FirstFaultAsync(Task body, Task kept)
    {
        var overdue = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = limit.Token.Register(overdue.SetResult);
        var first = await Task.WhenAny(kept.IsCompletedSuccessfully ? [body, overdue.Task] : new[] { body, kept, overdue.Task });
        if (!first.IsCompletedSuccessfully || limit.IsCancellationRequested)
            await stop.CancelAsync();
        var both = Task.WhenAll(body, kept).ContinueWith(_ => { }, TaskScheduler.Default);
        if (limit.IsCancellationRequested && await Task.WhenAny(both, Task.Delay(Grace, time, CancellationToken.None)) != both)
        {
            stuck = true;
            throw new StageException($"it ran longer than its timeout of {Duration.Text(Node.Policy.Timeout!.Value)}, and does not stop: it hangs in a place that looks at no token.");
        }
        await both;
        await first;
        await Task.WhenAll(body, kept);
    }
}
