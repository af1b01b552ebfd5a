using System.Text.Json.Nodes;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Tests;

/// <summary>A world in memory for one stage: ports filled by hand, everything that the stage does written down. Its folders go with it.</summary>
public sealed class TestStageRun : IStageRun, IDisposable
{
    private readonly Dictionary<string, Batch[]> datasets = [];
    private readonly Dictionary<string, List<ArtifactInput>> artifacts = [];
    private readonly string root = Directory.CreateTempSubdirectory("stage-").FullName;
    private readonly Lock gate = new();

    public TestStageRun(ulong seed = 1, string name = "stage")
    {
        Seed = seed;
        Name = name;
        OutputFolder = Directory.CreateDirectory(Path.Combine(root, "output")).FullName;
        CheckpointFolder = Directory.CreateDirectory(Path.Combine(root, "checkpoint")).FullName;
    }

    public string Name { get; }
    public ulong Seed { get; }
    public string Device { get; init; } = "cpu";
    public CancellationToken Stopping { get; init; }
    public IReadOnlyList<LineageStep> Lineage { get; init; } = [];
    public string OutputFolder { get; }
    public string CheckpointFolder { get; init; }

    /// <summary>Where shared folders are; by default beside the others.</summary>
    public string? Store { get; init; }

    public string SharedFolder(string name) => Directory.CreateDirectory(Path.Combine(Store ?? root, name)).FullName;

    public List<Batch> Emitted { get; } = [];
    public List<(string RowId, int Row, string Reason)> Quarantined { get; } = [];
    public List<MetricPoint> Metrics { get; } = [];
    public JsonObject Summary { get; } = [];
    public List<string> Said { get; } = [];
    public List<string> Warned { get; } = [];
    public List<(long Done, long? Total, string Unit)> Progressed { get; } = [];

    /// <summary>Called at every point of a curve; a test may throw here, as a crash would.</summary>
    public Action<MetricPoint>? OnMetric { get; init; }

    /// <summary>Feeds a dataset port.</summary>
    public TestStageRun With(string port, params Batch[] batches)
    {
        datasets[port] = batches;
        artifacts[port] = [Artifact(port, ArtifactKind.Dataset, "", batches)];
        return this;
    }

    /// <summary>Adds an artifact in a folder to a port: a model, a tokenizer.</summary>
    public TestStageRun WithModel(string port, string folder, string stage = "model")
    {
        if (!artifacts.TryGetValue(port, out var list))
            artifacts[port] = list = [];
        list.Add(Artifact(stage, ArtifactKind.Model, folder, []));
        return this;
    }

    /// <summary>Adds any artifact to a port.</summary>
    public TestStageRun WithArtifact(string port, ArtifactInput artifact)
    {
        if (!artifacts.TryGetValue(port, out var list))
            artifacts[port] = list = [];
        list.Add(artifact);
        return this;
    }

    public async IAsyncEnumerable<Batch> Read(string port)
    {
        foreach (var batch in datasets[port])
        {
            await Task.Yield();
            yield return batch;
        }
    }

    public bool Has(string port) => artifacts.ContainsKey(port);

    public ArtifactInput Artifact(string port) => artifacts[port].Single();

    public IReadOnlyList<ArtifactInput> Artifacts(string port) => artifacts[port];

    public void Count(string unit, long more) => Counted[unit] = Counted.GetValueOrDefault(unit) + more;

    public Dictionary<string, long> Counted { get; } = [];

    /// <summary>What was made once. Given to another run, it is the attempt before.</summary>
    public List<Batch> Once { get; init; } = [];

    /// <summary>Called before a result is made; a test may throw here, as a crash would.</summary>
    public Action<int>? OnMake { get; init; }

    private int asked;

    public ValueTask<Batch> OnceAsync(Batch input, Func<Batch> make)
    {
        if (asked++ == Once.Count)
        {
            OnMake?.Invoke(asked - 1);
            Once.Add(make());
        }
        return ValueTask.FromResult(Once[asked - 1]);
    }

    public ValueTask EmitAsync(Batch batch)
    {
        lock (gate)
            Emitted.Add(batch.Numbered(Emitted.Count));
        return ValueTask.CompletedTask;
    }

    public void Quarantine(Batch batch, int row, string reason)
    {
        lock (gate)
            Quarantined.Add((batch.Has(Columns.RowId) ? batch.Get(Columns.RowId)[row] : "", row, reason));
    }

    public string Resolve(string path) => Path.GetFullPath(path);

    public void Metric(string name, long step, double value)
    {
        var point = new MetricPoint(name, step, value);
        lock (gate)
            Metrics.Add(point);
        OnMetric?.Invoke(point);
    }

    public void Summarize(string key, JsonNode? value)
    {
        lock (gate)
            Summary[key] = value;
    }

    public void Progress(long done, long? total, string unit)
    {
        lock (gate)
            Progressed.Add((done, total, unit));
    }

    public void Resumed(long done, long? total, string unit) => WentOn = (done, total, unit);

    /// <summary>Where it went on from a checkpoint; null: it began at its beginning.</summary>
    public (long Done, long? Total, string Unit)? WentOn { get; private set; }

    public void Say(string line)
    {
        lock (gate)
            Said.Add(line);
    }

    public void Warn(string line)
    {
        lock (gate)
            Warned.Add(line);
    }

    /// <summary>Every cell of a column over all emitted batches.</summary>
    public T[] All<T>(Column<T> column) => Emitted.SelectMany(b => b.Get(column)).ToArray();

    /// <summary>A curve's values in order.</summary>
    public double[] Curve(string name) => Metrics.Where(m => m.Name == name).Select(m => m.Value).ToArray();

    public void Dispose() => Directory.Delete(root, recursive: true);

    private static ArtifactInput Artifact(string stage, ArtifactKind kind, string folder, Batch[] batches) =>
        new(stage, "test", kind, folder, batches.Sum(b => b.Rows), [])
        {
            Metrics = () => [],
            Read = _ => batches.ToAsyncEnumerable(),
        };
}
