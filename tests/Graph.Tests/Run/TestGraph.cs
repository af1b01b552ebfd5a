using System.Collections.Concurrent;
using DataflowRlhf.Graph.Tests.Pipeline;

namespace DataflowRlhf.Graph.Tests.Run;

/// <summary>A store in a folder of its own, and runs on it.</summary>
public sealed class TestGraph : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("store-").FullName;

    public string StoreFolder => folder;

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    public static PipelineGraph Graph(string stages)
    {
        var file = Some.Check($"pipeline: probe\nseed: 7\nstages:\n{stages}");
        file.Mistakes.Should().BeEmpty();
        return file.Graph!;
    }

    public Task<Outcome> RunAsync(string stages, CancellationToken stopping = default) => RunAsync(stages, new RunOptions { Parallel = 4 }, stopping);

    public async Task<Outcome> RunAsync(string stages, RunOptions options, CancellationToken stopping = default)
    {
        using var store = ArtifactStore.Open(folder, TimeProvider.System);
        var log = new Log();
        var result = await new Engine(store, TimeProvider.System).RunAsync(Graph(stages), options, log, stopping).WaitAsync(Patience);
        return new Outcome(result, log);
    }

    public IReadOnlyList<PlanEntry> Plan(string stages)
    {
        using var store = ArtifactStore.Open(folder, TimeProvider.System);
        return Planner.Plan(Graph(stages), store, new RunOptions());
    }

    public async Task<List<Batch>> ReadAsync(ArtifactRecord artifact)
    {
        using var store = ArtifactStore.Open(folder, TimeProvider.System);
        var batches = new List<Batch>();
        await foreach (var batch in store.Read(artifact, CancellationToken.None))
            batches.Add(batch);
        return batches;
    }

    public IEnumerable<string> Temporary => Directory.EnumerateFileSystemEntries(Path.Combine(folder, "tmp"));

    public void Dispose() => Directory.Delete(folder, recursive: true);
}

/// <summary>How a run ended and what was heard of it.</summary>
public sealed record Outcome(RunResult Result, Log Log)
{
    public ArtifactRecord this[string stage] => Result.Artifacts[stage];

    public Outcome Done()
    {
        Result.Message.Should().BeNull();
        Result.Outcome.Should().Be(RunOutcome.Done);
        return this;
    }
}

public sealed class Log : IRunObserver
{
    public ConcurrentQueue<string> Ran { get; } = new();
    public ConcurrentQueue<string> Hits { get; } = new();
    public ConcurrentQueue<string> Lines { get; } = new();
    public ConcurrentQueue<string> Warnings { get; } = new();
    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>Which stages went on, and behind what: <c>doubled: 70 of 120 rows</c>.</summary>
    public ConcurrentQueue<string> Resumed { get; } = new();

    public void Started(GraphNode node) => Ran.Enqueue(node.Name);

    void IRunObserver.Resumed(GraphNode node, long done, long? total, string unit) => Resumed.Enqueue($"{node.Name}: {done} of {total} {unit}");

    public void Said(GraphNode node, string line) => Lines.Enqueue(line);

    public void Warned(GraphNode node, string line) => Warnings.Enqueue(line);

    public void Finished(GraphNode node, ArtifactRecord artifact, bool hit, TimeSpan elapsed)
    {
        if (hit)
            Hits.Enqueue(node.Name);
    }

    public void Failed(GraphNode node, string message) => Failures.Enqueue($"{node.Name}: {message}");
}
