using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>A running stage's view of the world, and the record of what it did.</summary>
internal sealed class StageRun : IStageRun, IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
    private readonly GraphNode node;
    private readonly PipelineGraph graph;
    private readonly StageFeeds feeds;
    private readonly Workspace work;
    private readonly Func<string> checkpoints;
    private readonly Func<string, string> shared;
    private readonly IRunObserver observer;
    private readonly MetricLog metrics;
    private readonly QuarantineLog quarantine;
    private readonly Lock gate = new();
    private readonly AsyncLocal<List<string>?> making = new();
    private readonly ConcurrentDictionary<string, long> counts = new(StringComparer.Ordinal);
    private readonly List<string> said = [];
    private long emitted, signs, recalled;
    private int emitting;
    private bool reportsItself, toldRecalled;

    public StageRun(GraphNode node, PipelineGraph graph, string device, StageFeeds feeds, Workspace work, Func<string> checkpoints, Func<string, string> shared, IRunObserver observer, CancellationToken stopping)
    {
        this.node = node;
        this.graph = graph;
        this.feeds = feeds;
        this.work = work;
        this.checkpoints = checkpoints;
        this.shared = shared;
        this.observer = observer;
        Device = device;
        Stopping = stopping;
        metrics = new MetricLog(work.Beside(ArtifactStore.MetricsName));
        quarantine = new QuarantineLog(work.Beside(ArtifactStore.QuarantineName));
    }

    /// <summary>Where emitted batches go.</summary>
    public required IReadOnlyList<Edge> Targets { get; init; }

    /// <summary>What is kept for an attempt after this one; null: nothing.</summary>
    public BatchJournal? Journal { get; init; }

    public JsonObject Summary { get; } = [];
    public long Quarantined => quarantine.Count;

    /// <summary>Why the first row was put aside; null: none was.</summary>
    public string? FirstReason => quarantine.First;

    /// <summary>What to tell where a dataset lost more rows than it kept; null where it did not.</summary>
    public string? Loss => node.Ports.Output is not DatasetOutput || Quarantined <= Rows ? null
        : $"More rows were put aside than kept ({Quarantined:N0} and {Rows:N0}), the first because {quarantine.First!.TrimEnd('.')}. Each with its reason is in {ArtifactStore.QuarantineName} beside the artifact's folder.";
    public long Rows { get; private set; }

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (gate)
                return [.. said];
        }
    }

    public string Name => node.Name;
    public ulong Seed => NodeKeys.Seed(node, graph);
    public string Device { get; }
    public CancellationToken Stopping { get; }
    public required IReadOnlyList<LineageStep> Lineage { get; init; }
    public string OutputFolder => work.Files;
    public string CheckpointFolder => checkpoints();

    public string SharedFolder(string name) => shared(name);

    public IAsyncEnumerable<Batch> Read(string port) => feeds.Read(port, Stopping);

    public bool Has(string port) => feeds.Has(port);

    public ArtifactInput Artifact(string port) => feeds.Artifacts(port)[0];

    public IReadOnlyList<ArtifactInput> Artifacts(string port) => feeds.Artifacts(port);

    public string Resolve(string path) => PipelinePaths.Resolve(path, graph.File);

    public async ValueTask EmitAsync(Batch batch)
    {
        if (node.Ports.Output is not DatasetOutput output)
            throw new InvalidOperationException($"'{node.Kind.Name}' leaves a {node.Ports.Output.Kind}, yet it emits rows.");
        if (output.Adds.FirstOrDefault(c => !batch.Has(c)) is { } missing)
            throw new InvalidOperationException($"'{node.Kind.Name}' promises the column {missing}, yet a batch has {string.Join(", ", batch.Columns)}.");
        Stopping.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref emitting, 1) != 0)
            throw new InvalidOperationException($"'{node.Kind.Name}' emits a batch before the last one is sent. Await EmitAsync; batches have one order.");
        // No rows: only the store needs to know the columns. A replay has no such batch, and streams must be as replays are.
        var empty = batch.Rows == 0;
        batch = batch.Numbered(empty ? emitted : emitted++);
        foreach (var target in empty ? Targets.Take(1) : Targets)
            await target.SendAsync(batch, Stopping);
        Volatile.Write(ref emitting, 0);
        Rows += batch.Rows;
        if (!reportsItself)
            observer.Progressed(node, Rows, Fed(), "rows");
    }

    public async ValueTask<Batch> OnceAsync(Batch input, Func<Batch> make)
    {
        Stopping.ThrowIfCancellationRequested();
        var (made, covered) = await RecallAsync(input);
        if (made.Batch is null)
            made = Make(make);
        await KeepAsync(input, made, covered);
        return made.Batch!;
    }

    /// <summary>What an attempt before this one made of the next input.</summary>
    public async ValueTask<(Made Made, bool Covered)> RecallAsync(Batch input)
    {
        if (Journal is null)
            return (new Made(null, []), false);
        var (made, covered) = await Journal.NextAsync(input);
        if (made.Batch is not null)
            recalled += input.Rows;
        else if (!covered)
            TellRecalled();
        return (made, covered);
    }

    /// <summary>Tells, once, how much was recalled: when it is known that no more will be.</summary>
    public void TellRecalled()
    {
        if (recalled > 0 && !toldRecalled)
            Resumed(recalled, Fed(), "rows");
        toldRecalled = true;
    }

    /// <summary>Makes a batch, and gathers the rows that are put aside meanwhile.</summary>
    public Made Make(Func<Batch> make)
    {
        making.Value = [];
        try
        {
            return new Made(make(), making.Value);
        }
        finally
        {
            making.Value = null;
        }
    }

    /// <summary>Puts the rows of an input aside, in the inputs' order, and keeps what was made of it.</summary>
    public async ValueTask KeepAsync(Batch input, Made made, bool covered)
    {
        foreach (var line in made.Aside)
            PutAside(line);
        if (!covered && Journal is not null)
            await Journal.AddAsync(input, made);
    }

    public void Quarantine(Batch batch, int row, string reason)
    {
        var line = QuarantineLog.Line(Name, batch, row, graph.Hide(reason));
        if (making.Value is not { } lines)
            PutAside(line);
        else
            lock (lines)
                lines.Add(line);
    }

    private void PutAside(string line)
    {
        var bad = quarantine.Add(line);
        if (node.Policy.MaxBad is { IsShare: false } most && most.IsExceeded(bad, 0))
            throw Guards.TooManyBad(most, bad, Rows, quarantine.First!);
    }

    public void Metric(string name, long step, double value)
    {
        Interlocked.Increment(ref signs);
        metrics.Add(name, step, value);
        observer.Measured(node, new MetricPoint(name, step, value));
    }

    public void Summarize(string key, JsonNode? value)
    {
        lock (gate)
            Summary[key] = value is null ? null : Hidden(JsonSerializer.SerializeToNode(value, Json));
    }

    /// <summary>Rows of the port whose rows are passed on, where they are counted already.</summary>
    private long? Fed() => node.Ports.Output is DatasetOutput { PassesOn: { } port } ? feeds.RowsOf(port) : null;

    /// <summary>Without what came from the environment, however deep it stands.</summary>
    private JsonNode? Hidden(JsonNode? value) => value switch
    {
        JsonObject fields => new JsonObject(fields.Select(f => KeyValuePair.Create(f.Key, Hidden(f.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Hidden)]),
        JsonValue text when text.TryGetValue<string>(out var shown) => graph.Hide(shown),
        _ => value?.DeepClone(),
    };

    public void Progress(long done, long? total, string unit)
    {
        Interlocked.Increment(ref signs);
        reportsItself = true;
        observer.Progressed(node, done, total ?? (unit == "rows" ? Fed() : null), unit);
    }

    public void Resumed(long done, long? total, string unit) => observer.Resumed(node, done, total, unit);

    public void Say(string line)
    {
        line = graph.Hide(line);
        lock (gate)
            said.Add(line);
        observer.Said(node, line);
    }

    public void Count(string unit, long more)
    {
        Interlocked.Increment(ref signs);
        counts.AddOrUpdate(unit, more, (_, before) => before + more);
    }

    /// <summary>How often it has told that it lives.</summary>
    public long Signs => Volatile.Read(ref signs);

    /// <summary>What was counted so far.</summary>
    public IReadOnlyDictionary<string, long> Counts => counts;

    public void Warn(string line) => observer.Warned(node, graph.Hide(line));

    public void Dispose()
    {
        metrics.Dispose();
        quarantine.Dispose();
    }
}
