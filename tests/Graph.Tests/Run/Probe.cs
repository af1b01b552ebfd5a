using System.Collections.Concurrent;

namespace DataflowRlhf.Graph.Tests.Run;

/// <summary>Stages whose bodies a test hands in by name: hands on the valve.</summary>
public static class Probe
{
    public static readonly Column<int> Number = new("number");
    public static readonly Column<int> Twice = new("twice");

    private static readonly ConcurrentDictionary<string, Func<IStageRun, Task>> Bodies = new();
    private static readonly ConcurrentDictionary<string, Func<Batch, Batch>> Maps = new();

    /// <summary>A name for a body, to write into the YAML.</summary>
    public static string Body(Func<IStageRun, Task> body)
    {
        var name = "body-" + Guid.NewGuid().ToString("N");
        Bodies[name] = body;
        return name;
    }

    public static string Map(Func<Batch, Batch> map)
    {
        var name = "map-" + Guid.NewGuid().ToString("N");
        Maps[name] = map;
        return name;
    }

    /// <summary>Emits batches of the numbers 0, 1, 2, …</summary>
    public static string Numbers(int batches, int rows = 10) => Body(async run =>
    {
        for (var b = 0; b < batches; b++)
            await run.EmitAsync(Of(Enumerable.Range(b * rows, rows)));
    });

    public static Batch Of(IEnumerable<int> numbers)
    {
        var array = numbers.ToArray();
        return Batch.Of(0, array.Length).With(Number, array);
    }

    internal static Task RunBody(string name, IStageRun run, Func<IStageRun, Task> otherwise) => name == "" ? otherwise(run) : Bodies[name](run);

    internal static Batch RunMap(string name, Batch batch) => name == "" ? batch.With(Twice, [.. batch.Get(Number).Select(n => 2 * n)]) : Maps[name](batch);

    internal static async Task PassOn(IStageRun run)
    {
        await foreach (var batch in run.Read("rows"))
            await run.EmitAsync(batch);
    }
}

/// <summary>What every probe can be told.</summary>
public record ProbeOptions
{
    [Option("The body's name.")]
    [PerformanceOnly]
    public string Body { get; init; } = "";

    [Option("Something that goes into the key.")]
    public int Salt { get; init; }

    [Option("A text that goes into the key.")]
    public string Label { get; init; } = "";

    [Option("A file that goes into the key.")]
    [InputPath]
    public string? File { get; init; }
}

[Stage("emit", "Numbers from nowhere.")]
public sealed class Emit(Emit.Options options) : Stage
{
    public sealed record Options : ProbeOptions;

    public override StagePorts Ports => new([], Output.Rows(Probe.Number));

    public override Task RunAsync(IStageRun run) => Probe.RunBody(options.Body, run, r => r.EmitAsync(Probe.Of([1, 2, 3])).AsTask());
}

[Stage("pass", "Reads a stream.")]
public sealed class Pass(Pass.Options options) : Stage
{
    public sealed record Options : ProbeOptions;

    public override StagePorts Ports => new([new DatasetPort("rows", Probe.Number), new DatasetPort("more", Probe.Number) { Optional = true }], Output.Through("rows"));

    public override Task RunAsync(IStageRun run) => Probe.RunBody(options.Body, run, Probe.PassOn);
}

[Stage("double", "Doubles.")]
public sealed class Doubles(Doubles.Options options) : RowStage
{
    public sealed record Options : ProbeOptions;

    public override StagePorts Ports => new([new DatasetPort("rows", Probe.Number)], Output.Through("rows", Probe.Twice));

    public override Batch Map(Batch batch, IStageRun run) => Probe.RunMap(options.Body, batch);
}

[Stage("hold", "Needs the finished rows.")]
public sealed class Hold(Hold.Options options) : Stage
{
    public sealed record Options : ProbeOptions;

    public override StagePorts Ports => new([new DatasetPort("rows", Probe.Number) { Streams = false }], Output.Through("rows"));

    public override Task RunAsync(IStageRun run) => Probe.RunBody(options.Body, run, Probe.PassOn);
}

[Stage("learn", "Holds the device.")]
public sealed class Learn(Learn.Options options) : Stage
{
    public sealed record Options : ProbeOptions;

    public override StagePorts Ports => new([new DatasetPort("rows", Probe.Number)], Output.Model);

    public override bool UsesDevice => true;

    public override Task RunAsync(IStageRun run) =>
        Probe.RunBody(options.Body, run, r => File.WriteAllTextAsync(Path.Combine(r.OutputFolder, "config.json"), $"{{\"seed\":{r.Seed}}}"));
}

[Stage("refine", "Reads a model and leaves another.")]
public sealed class Refine(Refine.Options options) : Stage
{
    public sealed record Options : ProbeOptions;

    public override StagePorts Ports => new([new ModelPort("model")], Output.Model);

    public override Task RunAsync(IStageRun run) => Probe.RunBody(options.Body, run, async r =>
    {
        File.Copy(Path.Combine(r.Artifact("model").Folder, "config.json"), Path.Combine(r.OutputFolder, "config.json"));
        await File.WriteAllTextAsync(Path.Combine(r.OutputFolder, "README.md"), $"Salted with {options.Salt}.");
    });
}

[Stage("tell", "Reads anything.")]
public sealed class Tell(Tell.Options options) : Stage
{
    public sealed record Options : ProbeOptions;

    public override StagePorts Ports => new([new AnyPort("artifacts") { Many = true }], Output.Report);

    public override Task RunAsync(IStageRun run) => Probe.RunBody(options.Body, run, r =>
        File.WriteAllLinesAsync(Path.Combine(r.OutputFolder, "report.txt"), r.Artifacts("artifacts").Select(a => $"{a.Stage} {a.Kind} {a.Rows} {a.Summary.ToJsonString()} {string.Join(' ', a.Metrics())}")));
}
