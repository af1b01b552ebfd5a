using DataflowRlhf.Graph;

namespace DataflowRlhf.Bench;

/// <summary>What the network itself costs: rows that nearly nothing is done with, into Parquet after every stage.</summary>
internal static class PipelineBench
{
    private const int Rows = 1_000_000;

    public static async Task<IEnumerable<Figure>> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("bench-").FullName;
        var file = Path.Combine(folder, "bench.yaml");
        await File.WriteAllTextAsync(file, """
            # Counts, and adds one five times.
            pipeline: bench
            stages:
              rows:  { uses: bench-count, with: { rows: 1000000 } }
              one:   { uses: bench-add, from: rows }
              two:   { uses: bench-add, from: one }
              three: { uses: bench-add, from: two }
              four:  { uses: bench-add, from: three }
              five:  { uses: bench-add, from: four }
            """);
        var graph = PipelineFile.Check(file, [], new StageRegistry(typeof(BenchAdd).Assembly)).Graph!;
        var rates = new List<double>();
        for (var run = 0; run < 4; run++)
        {
            using var store = ArtifactStore.Open(Path.Combine(folder, "store"), TimeProvider.System);
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var result = await new Engine(store, TimeProvider.System).RunAsync(graph, new RunOptions { Force = graph.Nodes.Select(n => n.Name).ToHashSet() }, new Silence(), CancellationToken.None);
            if (result.Outcome != RunOutcome.Done)
                throw new InvalidOperationException(result.Message);
            if (run > 0)
                rates.Add(Rows / clock.Elapsed.TotalSeconds / 1e6);
        }
        Directory.Delete(folder, recursive: true);
        return [Figure.Of("a million rows through five stages, each kept", "Mrows/s", [.. rates])];
    }
}

[Stage("bench-count", "Counts.")]
public sealed class BenchCount(BenchCount.Options options) : Stage
{
    public static readonly Column<long> Number = new("number");

    public sealed record Options
    {
        [Option("How far. Default: 1000.")]
        public int Rows { get; init; } = 1000;
    }

    public override StagePorts Ports => new([], Output.Rows(Number));

    public override async Task RunAsync(IStageRun run)
    {
        for (var from = 0L; from < options.Rows; from += 1000)
            await run.EmitAsync(Batch.Of(0, 1000).With(Number, [.. Enumerable.Range(0, 1000).Select(i => from + i)]));
    }
}

[Stage("bench-add", "Adds one.")]
public sealed class BenchAdd(BenchAdd.Options options) : RowStage
{
    public sealed record Options
    {
        [Option("How much. Default: 1.")]
        public long By { get; init; } = 1;
    }

    public override StagePorts Ports => new([new DatasetPort("rows", BenchCount.Number)], Output.Through("rows", BenchCount.Number));

    public override Batch Map(Batch batch, IStageRun run) => batch.With(BenchCount.Number, [.. batch.Get(BenchCount.Number).Select(n => n + options.By)]);
}
