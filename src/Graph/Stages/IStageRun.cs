using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>All that a stage's body sees of the world.</summary>
public interface IStageRun
{
    /// <summary>The stage's name in the pipeline, such as <c>voter[3]</c> or <c>round[2].policy</c>.</summary>
    string Name { get; }

    /// <summary>This stage's own seed, drawn from the run's seed and the stage's name: equal seeds give equal bytes.</summary>
    ulong Seed { get; }

    /// <summary>Where tensors live: <c>cpu</c> or <c>cuda:0</c>.</summary>
    string Device { get; }

    CancellationToken Stopping { get; }

    /// <summary>Every finished stage that this one's inputs came by way of, sources first.</summary>
    IReadOnlyList<LineageStep> Lineage { get; }

    /// <summary>The batches of a dataset port, in order. A port that does not stream may be read again.</summary>
    IAsyncEnumerable<Batch> Read(string port);

    /// <summary>Whether an optional port is fed.</summary>
    bool Has(string port);

    /// <summary>The finished artifact on a port that does not stream.</summary>
    ArtifactInput Artifact(string port);

    /// <summary>The finished artifacts on a port that takes many, in the order written.</summary>
    IReadOnlyList<ArtifactInput> Artifacts(string port);

    /// <summary>Sends a batch on, and waits while the consumers are full. Batches are numbered by the engine; one at a time.</summary>
    ValueTask EmitAsync(Batch batch);

    /// <summary>Puts a row aside with the reason; it is kept beside the artifact and counted. Safe from any thread.</summary>
    void Quarantine(Batch batch, int row, string reason);

    /// <summary>
    /// What an attempt before this one, killed or stopped, made of this very input at this place; else what <paramref name="make"/> makes now, kept for the next attempt.
    /// For work that is dearer than reading its result back, such as a model's pass over a batch. One call at a time, in the order of the inputs; the caller emits what it gets.
    /// </summary>
    /// <param name="input">All that the result depends on, apart from options and the other ports.</param>
    /// <param name="make">Only computes, and may put rows aside: metrics, lines and warnings would be missing the next time.</param>
    ValueTask<Batch> OnceAsync(Batch input, Func<Batch> make);

    /// <summary>The folder to write a model or report into; it becomes the artifact when the body returns.</summary>
    string OutputFolder { get; }

    /// <summary>A folder that outlives a crash of this very stage (same cache key): checkpoints go here. A stage whose input streams has none. Write files by <c>name.tmp</c> and rename.</summary>
    string CheckpointFolder { get; }

    /// <summary>A folder of the store that all stages and runs share and that outlives every cache key, such as <c>answers</c> that cost money. Others may write there at the same time.</summary>
    string SharedFolder(string name);

    /// <summary>A path from an option: absolute as it is, else relative to the current folder, then to the pipeline file's folder.</summary>
    string Resolve(string path);

    /// <summary>A point of a curve, kept in the artifact's <c>metrics.jsonl</c> and shown live: <c>loss</c>, <c>accuracy</c>, <c>kl</c>.</summary>
    void Metric(string name, long step, double value);

    /// <summary>A final fact, kept in the artifact's <c>summary.json</c>: numbers, texts or a whole table.</summary>
    void Summarize(string key, JsonNode? value);

    /// <summary>How far along: shown as a bar with an estimate. <paramref name="unit"/> is what is counted: rows, steps, tokens.</summary>
    void Progress(long done, long? total, string unit);

    /// <summary>Tells once, before the first <see cref="Progress"/>, that it goes on behind so much of it: what was in <see cref="CheckpointFolder"/> need not be made again.</summary>
    void Resumed(long done, long? total, string unit);

    /// <summary>Something that is counted while it runs beside its rows, such as <c>tokens</c>: shown as so many a second. Safe from any thread.</summary>
    void Count(string unit, long more);

    /// <summary>A line for the person at the end of the run (tables, verdicts). Never prompts or responses.</summary>
    void Say(string line);

    /// <summary>A warning for the person, once a text.</summary>
    void Warn(string line);
}
