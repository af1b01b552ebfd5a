using DataflowRlhf.Graph;
using DataflowRlhf.Stages;

namespace DataflowRlhf.Bench;

/// <summary>Batches of one megabyte: 64 rows of 4096 numbers, all of a row's alike, so that what is kept of them is small.</summary>
[Stage("bench-bulk", "Makes bulk.")]
public sealed class BenchBulk(BenchBulk.Options options) : Stage
{
    public const int Rows = 64, Numbers = 4096;
    public static readonly Column<float[]> Bulk = new("bulk");

    public sealed record Options
    {
        [Option("How many mebibytes. Default: 1.")]
        public int Megabytes { get; init; } = 1;
    }

    public override StagePorts Ports => new([], Output.Rows(Bulk));

    public override async Task RunAsync(IStageRun run)
    {
        for (var batch = 0; batch < options.Megabytes; batch++)
            await run.EmitAsync(Batch.Of(0, Rows).With(Bulk, Megabyte(batch)));
    }

    /// <summary>A batch's rows.</summary>
    public static float[][] Megabyte(int batch) => [.. Enumerable.Range(0, Rows).Select(row => Filled(batch + row))];

    private static float[] Filled(int with)
    {
        var numbers = new float[Numbers];
        Array.Fill(numbers, with % 97);
        return numbers;
    }
}

[Stage("bench-shift", "Adds one to all numbers.")]
public sealed class BenchShift(BenchShift.Options options) : RowStage
{
    public sealed record Options;

    public override StagePorts Ports => new([new DatasetPort("rows", BenchBulk.Bulk)], Output.Through("rows", BenchBulk.Bulk));

    public override Batch Map(Batch batch, IStageRun run)
    {
        _ = options;
        return batch.With(BenchBulk.Bulk, [.. batch.Get(BenchBulk.Bulk).Select(Shifted)]);
    }

    public static float[] Shifted(float[] numbers)
    {
        var shifted = new float[numbers.Length];
        for (var i = 0; i < numbers.Length; i++)
            shifted[i] = numbers[i] + 1;
        return shifted;
    }
}

[Stage("bench-sum", "One number for each row of many.")]
public sealed class BenchSum(BenchSum.Options options) : Stage
{
    public static readonly Column<double> Sum = new("sum");

    public sealed record Options;

    public override StagePorts Ports => new([new DatasetPort("rows", BenchBulk.Bulk)], Output.Rows(Sum));

    public override async Task RunAsync(IStageRun run)
    {
        _ = options;
        await foreach (var batch in run.Read("rows"))
            await run.EmitAsync(Batch.Of(0, batch.Rows).With(Sum, [.. batch.Get(BenchBulk.Bulk).Select(Total)]));
    }

    public static double Total(float[] numbers)
    {
        var total = 0.0;
        foreach (var number in numbers)
            total += number;
        return total;
    }
}

[Stage("bench-votes", "Pairs with the scores of ten voters.")]
public sealed class BenchVotes(BenchVotes.Options options) : Stage
{
    private const int Voters = 10, BatchRows = 1000;

    public sealed record Options
    {
        [Option("How many pairs. Default: 1000.")]
        public int Rows { get; init; } = 1000;
    }

    public override StagePorts Ports => new([], Output.Rows(Columns.RowId, Columns.Split, Columns.Chosen, Columns.Rejected, Columns.ChosenScores, Columns.RejectedScores));

    public override async Task RunAsync(IStageRun run)
    {
        for (var from = 0; from < options.Rows; from += BatchRows)
        {
            var rows = Enumerable.Range(from, Math.Min(BatchRows, options.Rows - from)).ToArray();
            await run.EmitAsync(Batch.Of(0, rows.Length)
                .With(Columns.RowId, [.. rows.Select(r => $"row-{r}")])
                .With(Columns.Split, [.. rows.Select(_ => "train")])
                .With(Columns.Chosen, [.. rows.Select(r => $"What is better than {r}? Surely {r + 1}, as anybody can see who has learnt to count.")])
                .With(Columns.Rejected, [.. rows.Select(r => $"What is better than {r}? I could not say.")])
                .With(Columns.ChosenScores, [.. rows.Select(r => Scores(r, 7919))])
                .With(Columns.RejectedScores, [.. rows.Select(r => Scores(r, 104_729))]));
        }
    }

    private static float[] Scores(int row, int factor) => [.. Enumerable.Range(0, Voters).Select(voter => ((long)(row + 1) * (factor + voter) % 1009 / 500f) - 1)];
}
