using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataflowRlhf.Graph;

/// <summary>A stage in its example, with all that feeds it made once; each trial runs it in a store of its own.</summary>
internal sealed class Subject : IDisposable
{
    private static readonly Column<long> Place = new("contract_place");
    private static readonly Column<string> Note = new("contract_note");
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };
    private readonly string root;
    private readonly PipelineGraph graph;
    private readonly ContractOptions options;
    private readonly TimeProvider time;
    private readonly Dictionary<GraphNode, Batch> sources = [];
    private int stores;

    private Subject(string root, PipelineGraph graph, GraphNode node, ContractOptions options, TimeProvider time)
    {
        (this.root, this.graph, Node, this.options, this.time) = (root, graph, node, options, time);
        IsRowStage = node.Create() is RowStage;
    }

    public GraphNode Node { get; }
    public bool IsRowStage { get; }
    public IReadOnlyList<DatasetPort> DatasetPorts => [.. Node.Inputs.Select(i => i.Port).OfType<DatasetPort>()];
    private string Pristine => Path.Combine(root, "pristine");
    public string Folder => Path.Combine(root, "example");

    /// <exception cref="StageException">The example does not check, does not use the stage, or what feeds the stage does not run.</exception>
    public static async Task<Subject> MakeAsync(StageKind kind, StageRegistry registry, ContractOptions options, TimeProvider time)
    {
        if (kind.Example is not { } example)
            throw new StageException($"{kind.Name} has no example. Write above its class: [Example(\"\"\" a small pipeline that uses it \"\"\")]");
        var root = Directory.CreateTempSubdirectory("contract-").FullName;
        try
        {
            var folder = Directory.CreateDirectory(Path.Combine(root, "example")).FullName;
            var file = Path.Combine(folder, "example.yaml");
            await File.WriteAllTextAsync(file, example.Pipeline);
            if (example.File is { } beside)
                await File.WriteAllTextAsync(Path.Combine(folder, beside), example.Content);
            var check = PipelineFile.Check(file, [], registry);
            if (check.Graph is not { } graph)
                throw new StageException($"its example does not check: {string.Join("  ", check.Mistakes.Select(m => $"{m.Line}:{m.Column} {m.Where} {m.Text}"))}");
            if (graph.Nodes.LastOrDefault(n => n.Kind.Name == kind.Name) is not { } node)
                throw new StageException($"its example does not use it. Write in it a stage with: uses: {kind.Name}");
            var subject = new Subject(root, graph, node, options, time);
            await subject.FeedAsync();
            return subject;
        }
        catch
        {
            Directory.Delete(root, recursive: true);
            throw;
        }
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    public static bool IsExtra(Column column) => column == Place || column == Note;

    public static string Text(object? cell) => JsonSerializer.Serialize(cell, Json);

    /// <summary>Every row's place among the rows that went in, where the column came through.</summary>
    public static IReadOnlyList<long>? Places(Batch all) => all.Has(Place) && all.Has(Note) && all.Get(Place).Zip(all.Get(Note)).All(c => c.Second == Noted(c.First)) ? all.Get(Place) : null;

    /// <summary>Makes all that the stage needs, and reads the datasets among it.</summary>
    private async Task FeedAsync()
    {
        using var store = ArtifactStore.Open(Pristine, time);
        var before = new List<GraphNode>();
        void Add(GraphNode of)
        {
            foreach (var source in of.Inputs.SelectMany(i => i.Sources).Where(s => !before.Contains(s)))
            {
                Add(source);
                if (!before.Contains(source))
                    before.Add(source);
            }
        }
        Add(Node);
        var run = await new Engine(store, time).RunAsync(graph with { Nodes = [.. graph.Nodes.Where(before.Contains)] }, Options(2), new Silence(), CancellationToken.None).WaitAsync(options.Patience);
        if (run.Outcome != RunOutcome.Done)
            throw new StageException($"what feeds it in its example fails: {run.FailedStage}: {run.Message}");
        foreach (var source in Node.Inputs.Where(i => i.Port is DatasetPort).Select(i => i.Sources[0]).Distinct())
            sources[source] = Rows.Join(await ReadAsync(store, run.Artifacts[source.Name])) ?? throw new StageException($"in its example '{source.Name}' leaves no row, so there is nothing to prove it on.");
    }

    /// <summary>One run of the stage.</summary>
    /// <exception cref="TimeoutException">It hangs.</exception>
    public async Task<TrialResult> RunAsync(Trial trial)
    {
        var folder = trial.Store ?? Fresh();
        var watch = new Watch(trial.OnStep);
        var fed = trial.Feeds ? Fed(trial, watch) : [];
        var target = Target(trial, watch, fed);
        var nodes = graph.Nodes.TakeWhile(n => n != Node).Concat(fed.Values).Append(target).ToList();
        using var store = ArtifactStore.Open(folder, time);
        var only = fed.Values.Append(target).Select(n => n.Name).ToHashSet();
        var run = await new Engine(store, time).RunAsync(graph with { Nodes = nodes }, Options(trial.Parallel) with { Only = only }, new Silence(), trial.Stopping).WaitAsync(options.Patience, time);
        var left = run.Artifacts.GetValueOrDefault(Node.Name);
        var all = left?.Kind == ArtifactKind.Dataset ? Rows.Join(await ReadAsync(store, left)) : null;
        return new TrialResult(run, watch, folder, left, all);
    }

    /// <summary>A store of its own with what feeds the stage.</summary>
    public string Fresh()
    {
        var folder = Path.Combine(root, $"store-{Interlocked.Increment(ref stores)}");
        foreach (var from in Directory.EnumerateFiles(Pristine, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(folder, Path.GetRelativePath(Pristine, from));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(from, to);
        }
        return folder;
    }

    private RunOptions Options(int parallel) => new() { Parallel = parallel, Device = options.Device, Clear = options.Clear };

    private GraphNode Target(Trial trial, Watch watch, Dictionary<GraphNode, GraphNode> fed)
    {
        var chosen = trial.Options ?? Node.Options;
        return new GraphNode
        {
            Name = Node.Name,
            Kind = Node.Kind.With(stage => Watched.Around(stage, watch)),
            Options = chosen,
            OptionValues = Node.OptionValues,
            Inputs = [.. Node.Inputs.Select(i => i with { Sources = [.. i.Sources.Select(s => i.Port is DatasetPort ? fed.GetValueOrDefault(s, s) : s)] })],
            Ports = Node.Ports,
            Columns = Node.Columns,
            Device = Node.Device,
            Line = Node.Line,
            Column = Node.Column,
        };
    }

    private Dictionary<GraphNode, GraphNode> Fed(Trial trial, Watch watch)
    {
        // With another input it may come too late for the stream, and would wait for the end of it.
        var streams = !Node.Create().UsesDevice && Node.Inputs is [{ Port: DatasetPort { Streams: true } }];
        var fed = new Dictionary<GraphNode, GraphNode>();
        foreach (var input in Node.Inputs.Where(i => i.Port is DatasetPort))
        {
            var source = input.Sources[0];
            if (trial.Empty is { } empty && empty != input.Port.Name)
                continue;
            var all = sources[source];
            if (trial.Extras)
                all = all.With(Place, [.. Enumerable.Range(0, all.Rows).Select(r => (long)r)]).With(Note, [.. Enumerable.Range(0, all.Rows).Select(r => Noted(r))]);
            fed.TryAdd(source, Feed.In(source, new Feed.Options
            {
                Batches = trial.Empty is null ? Rows.Cut(all, trial.BatchRows ?? 0) : [],
                Columns = all.Columns,
                Salt = $"{trial.BatchRows} {trial.Extras} {trial.Empty} {trial.Fails}",
                Fails = trial.Fails,
                FailsBehind = streams ? watch.Begun : Task.CompletedTask,
            }));
        }
        return fed;
    }

    private static string Noted(long place) => $"row {place}, untouched";

    private static async Task<List<Batch>> ReadAsync(ArtifactStore store, ArtifactRecord artifact)
    {
        var batches = new List<Batch>();
        await foreach (var batch in store.Read(artifact, CancellationToken.None))
            batches.Add(batch);
        return batches;
    }
}
