using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>A stage's view of the world, each step of it counted.</summary>
/// <param name="held">Whether an emitted batch is held for a while: a body that goes on reading meanwhile is seen.</param>
internal sealed class WatchedRun(IStageRun inner, Watch watch, bool held) : IStageRun
{
    private const int Turns = 20;

    public string Name => inner.Name;
    public ulong Seed => inner.Seed;
    public string Device => inner.Device;
    public CancellationToken Stopping => inner.Stopping;
    public IReadOnlyList<LineageStep> Lineage => inner.Lineage;
    public string OutputFolder => inner.OutputFolder;
    public string CheckpointFolder => inner.CheckpointFolder;

    public async IAsyncEnumerable<Batch> Read(string port)
    {
        await using var batches = inner.Read(port).GetAsyncEnumerator();
        while (true)
        {
            if (held && Volatile.Read(ref watch.Held))
                watch.ReadAhead ??= port;
            if (!await batches.MoveNextAsync())
                yield break;
            watch.Step();
            yield return batches.Current;
        }
    }

    public async ValueTask EmitAsync(Batch batch)
    {
        watch.Step();
        if (held)
        {
            if (Interlocked.Exchange(ref watch.Held, true))
                throw new InvalidOperationException("It emits a batch before the last one is taken. Await EmitAsync.");
            // Hands on the valve: whoever wants to run ahead has the thread now.
            for (var turn = 0; turn < Turns; turn++)
                await Task.Yield();
        }
        await inner.EmitAsync(batch);
        Volatile.Write(ref watch.Held, false);
    }

    public void Metric(string name, long step, double value)
    {
        watch.Step();
        inner.Metric(name, step, value);
    }

    public void Count(string unit, long amount) => inner.Count(unit, amount);

    public void Progress(long done, long? total, string unit) => inner.Progress(done, total, unit);

    public void Resumed(long done, long? total, string unit) => inner.Resumed(done, total, unit);

    public bool Has(string port) => inner.Has(port);

    public ArtifactInput Artifact(string port) => Watching(inner.Artifact(port));

    public IReadOnlyList<ArtifactInput> Artifacts(string port) => [.. inner.Artifacts(port).Select(Watching)];

    public void Quarantine(Batch batch, int row, string reason) => inner.Quarantine(batch, row, reason);

    public ValueTask<Batch> OnceAsync(Batch input, Func<Batch> make) => inner.OnceAsync(input, make);

    public string SharedFolder(string name) => inner.SharedFolder(name);

    public string Resolve(string path) => inner.Resolve(path);

    public void Summarize(string key, JsonNode? value) => inner.Summarize(key, value);

    public void Say(string line) => inner.Say(line);

    public void Warn(string line) => inner.Warn(line);

    private ArtifactInput Watching(ArtifactInput artifact)
    {
        return artifact with { Read = ReadAsync };

        async IAsyncEnumerable<Batch> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stopping)
        {
            await foreach (var batch in artifact.Read(stopping))
            {
                watch.Step();
                yield return batch;
            }
        }
    }
}
