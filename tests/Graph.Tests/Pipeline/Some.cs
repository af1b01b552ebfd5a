using System.ComponentModel.DataAnnotations;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Graph.Tests.Pipeline;

/// <summary>A few small stages to write pipeline files with.</summary>
public static class Some
{
    public static readonly Column<string> Word = new("word");
    public static readonly Column<float> Length = new("length");

    public static StageRegistry Stages { get; } = new(typeof(Some).Assembly);

    /// <summary>Checks a pipeline file of this text with params of a second file.</summary>
    public static PipelineFile CheckWith(string yaml, string values, params string[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("pipeline-").FullName;
        File.WriteAllText(Path.Combine(folder, "some.yaml"), yaml);
        File.WriteAllText(Path.Combine(folder, "values.yaml"), values);
        return PipelineFile.Check(Path.Combine(folder, "some.yaml"), settings, Stages, [Path.Combine(folder, "values.yaml")]);
    }

    /// <summary>Checks a pipeline file of this text.</summary>
    public static PipelineFile Check(string yaml, params string[] settings)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("pipeline-").FullName, "some.yaml");
        File.WriteAllText(path, yaml);
        return PipelineFile.Check(path, settings, Stages);
    }
}

[Stage("some-words", "Words from nowhere.")]
public sealed class SomeWords(SomeWords.Options options) : Stage
{
    public sealed record Options
    {
        [Option("How many. Default: 3.")]
        [Range(1, 100)]
        public int Count { get; init; } = 3;

        [Option("Whose words. Default: nobody's.")]
        public string Language { get; init; } = "nobody's";

        [Option("A file of words.")]
        [InputPath]
        public string? Path { get; init; }

        [Option("Words to leave out. Default: none.")]
        public IReadOnlyList<string> Without { get; init; } = [];
    }

    public override StagePorts Ports => new([], Output.Rows(Some.Word));

    public override async Task RunAsync(IStageRun run) =>
        await run.EmitAsync(Batch.Of(0, options.Count).With(Some.Word, [.. Enumerable.Range(0, options.Count).Select(i => $"word {i}")]));
}

[Stage("some-lengths", "Measures words.")]
public sealed class SomeLengths(SomeLengths.Options options) : RowStage
{
    public enum Unit
    {
        Letters,
        HalfPlusOne,
    }

    public sealed record Options
    {
        [Option("What to count. Default: letters.")]
        public Unit Unit { get; init; }

        [Option("Times this. Default: 1.")]
        public float Scale { get; init; } = 1;
    }

    public override StagePorts Ports => new([new DatasetPort("words", Some.Word)], Output.Through("words", Some.Length));

    public override Batch Map(Batch batch, IStageRun run) =>
        batch.With(Some.Length, [.. batch.Get(Some.Word).Select(w => w.Length * options.Scale)]);
}

[Stage("some-model", "Learns lengths.")]
public sealed class SomeModel(SomeModel.Options options) : Stage
{
    public sealed record Options
    {
        [Option("Its order of the rows. Default: 0.")]
        public int ShuffleSeed { get; init; }

        [Option("The folder to start from; without it, port init. Default: none.")]
        public string? Init { get; init; }
    }

    public override StagePorts Ports => new(
        [new DatasetPort("rows", Some.Word, Some.Length) { Streams = false }, .. options.Init is null ? [new ModelPort("init") { Optional = true }] : Array.Empty<InputPort>(), new ModelPort("voters") { Optional = true, Many = true }],
        Output.Model);

    public override Task RunAsync(IStageRun run) =>
        File.WriteAllTextAsync(Path.Combine(run.OutputFolder, "config.json"), $"{{\"seed\":{options.ShuffleSeed}}}", run.Stopping);
}
