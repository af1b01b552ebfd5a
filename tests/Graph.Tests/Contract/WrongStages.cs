namespace DataflowRlhf.Graph.Tests.Contract;

/// <summary>Stages that break one rule each, and one that breaks none.</summary>
internal static class Small
{
    public const string Start = """
        pipeline: example
        seed: 3
        stages:
          rows: { uses: numbers }

        """;

    public static readonly Column<int> Number = new("number");
    public static readonly Column<string> Word = new("word");

    public static readonly StagePorts Through = new([new DatasetPort("rows", Number)], Output.Through("rows", Word));

    public static async Task EachAsync(IStageRun run, Func<Batch, Batch> map)
    {
        await foreach (var batch in run.Read("rows"))
            await run.EmitAsync(map(batch));
    }

    public static Batch Said(Batch batch, Func<int, string> word) => batch.With(Word, [.. batch.Get(Number).Select(word)]);
}

/// <summary>What many of them share: options without a word, rows in, rows out.</summary>
public abstract class Mapped(Func<Batch, IStageRun, Batch> map) : Stage
{
    public override StagePorts Ports => Small.Through;

    public override Task RunAsync(IStageRun run) => Small.EachAsync(run, batch => map(batch, run));
}

[Stage("numbers", "Emits the numbers from 0 to 22.")]
public sealed class Numbers(Numbers.Options options) : Stage
{
    public sealed record Options
    {
        [Option("How many. Default: 23.")]
        public int Count { get; init; } = 23;
    }

    public override StagePorts Ports => new([], Output.Rows(Small.Number));

    public override async Task RunAsync(IStageRun run)
    {
        foreach (var chunk in Enumerable.Range(0, options.Count).Chunk(8))
            await run.EmitAsync(Batch.Of(0, chunk.Length).With(Small.Number, chunk));
    }
}

[Stage("honest", "Says each number in words.")]
[Example(Small.Start + "  said: { uses: honest, from: rows }")]
public sealed class Honest(Honest.Options options) : RowStage
{
    public sealed record Options
    {
        [PerformanceOnly]
        [Option("Changes nothing. Default: 2.")]
        public int Hurry { get; init; } = 2;
    }

    public override StagePorts Ports => Small.Through;

    public override Batch Map(Batch batch, IStageRun run) => options.Hurry < 0 ? batch : Small.Said(batch, n => $"number {n}");
}

[Stage("no-default", "Does not tell its option's default.")]
[Example(Small.Start + "  said: { uses: no-default, from: rows }")]
public sealed class NoDefault(NoDefault.Options options) : Mapped((b, _) => Small.Said(b, n => $"{n + options.More}"))
{
    public sealed record Options
    {
        [Option("How many more.")]
        public int More { get; init; }
    }
}

[Stage("other-ports", "Needs another column each time it is asked.")]
[Example(Small.Start + "  said: { uses: other-ports, from: rows }")]
public sealed class OtherPorts(OtherPorts.Options options) : Stage
{
    private int asked;

    public sealed record Options;

    public override StagePorts Ports => new([new DatasetPort("rows", Small.Number)], Output.Through("rows", new Column<string>($"word{asked++}{options}")));

    public override Task RunAsync(IStageRun run) => Small.EachAsync(run, b => b);
}

[Stage("no-promise", "Promises a column and does not add it.")]
[Example(Small.Start + "  said: { uses: no-promise, from: rows }")]
public sealed class NoPromise(NoPromise.Options options) : Mapped((b, _) => b)
{
    public sealed record Options;

    public override string ToString() => options.ToString();
}

[Stage("forgets", "Loses the columns that it does not know.")]
[Example(Small.Start + "  said: { uses: forgets, from: rows }")]
public sealed class Forgets(Forgets.Options options) : Mapped((b, _) => Small.Said(Batch.Of(0, b.Rows).With(Small.Number, b.Get(Small.Number)), n => $"{n}{options}"))
{
    public sealed record Options;
}

[Stage("turns", "Turns the rows of each batch round.")]
[Example(Small.Start + "  said: { uses: turns, from: rows }")]
public sealed class Turns(Turns.Options options) : Mapped((b, _) => Small.Said(b.Select([.. Enumerable.Range(0, b.Rows).Reverse()]), n => $"{n}{options}"))
{
    public sealed record Options;
}

[Stage("dice", "Throws dice of its own.")]
[Example(Small.Start + "  said: { uses: dice, from: rows }")]
public sealed class Dice(Dice.Options options) : Mapped((b, _) => Small.Said(b, n => $"{n}{options}{Guid.NewGuid()}"))
{
    public sealed record Options;
}

[Stage("clock", "Summarizes what differs from run to run.")]
[Example(Small.Start + "  said: { uses: clock, from: rows }")]
public sealed class Clock(Clock.Options options) : Stage
{
    public sealed record Options;

    public override StagePorts Ports => Small.Through;

    public override async Task RunAsync(IStageRun run)
    {
        await Small.EachAsync(run, b => Small.Said(b, n => $"{n}{options}"));
        run.Summarize("when", Guid.NewGuid().ToString());
    }
}

[Stage("counts-batches", "Looks at where a batch begins.")]
[Example(Small.Start + "  said: { uses: counts-batches, from: rows }")]
public sealed class CountsBatches(CountsBatches.Options options) : Mapped((b, _) => Small.Said(b, n => $"{n}{options} of {b.Number}"))
{
    public sealed record Options;
}

[Stage("hurries", "Has an option for speed that changes the result.")]
[Example(Small.Start + "  said: { uses: hurries, from: rows }")]
public sealed class Hurries(Hurries.Options options) : Mapped((b, _) => Small.Said(b, n => $"{n} {options.Speed}"))
{
    public sealed record Options
    {
        [PerformanceOnly]
        [Option("How fast. Default: 4.")]
        public int Speed { get; init; } = 4;

        [PerformanceOnly]
        [Option("Really changes nothing. Default: false.")]
        public bool Harmless { get; init; }
    }
}

[Stage("runs-ahead", "Reads everything while nobody takes anything.")]
[Example(Small.Start + "  said: { uses: runs-ahead, from: rows }")]
public sealed class RunsAhead(RunsAhead.Options options) : Stage
{
    public sealed record Options;

    public override StagePorts Ports => Small.Through;

    public override async Task RunAsync(IStageRun run)
    {
        var sent = ValueTask.CompletedTask;
        await foreach (var batch in run.Read("rows"))
        {
            await sent;
            sent = run.EmitAsync(Small.Said(batch, n => $"{n}{options}"));
        }
        await sent;
    }
}

[Stage("hangs", "Waits for what never comes when its input fails.")]
[Example(Small.Start + "  said: { uses: hangs, from: rows }")]
public sealed class Hangs(Hangs.Options options) : Stage
{
    public static readonly TaskCompletionSource Valve = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public sealed record Options;

    public override StagePorts Ports => Small.Through;

    public override async Task RunAsync(IStageRun run)
    {
        try
        {
            await Small.EachAsync(run, b => Small.Said(b, n => $"{n}{options}"));
        }
        catch
        {
            await Valve.Task;
            throw;
        }
    }
}

[Stage("deaf", "Hears of its cancellation an hour late.")]
[Example(Small.Start + "  said: { uses: deaf, from: rows }")]
public sealed class Deaf(Deaf.Options options) : Stage
{
    /// <summary>Seconds that the test's clock is ahead.</summary>
    public static long Ahead;

    public sealed record Options;

    public override StagePorts Ports => Small.Through;

    public override async Task RunAsync(IStageRun run)
    {
        await foreach (var batch in run.Read("rows"))
        {
            if (run.Stopping.IsCancellationRequested)
                Interlocked.Add(ref Ahead, 3600);
            await run.EmitAsync(Small.Said(batch, n => $"{n}{options}"));
        }
    }
}

[Stage("remembers", "Counts its attempts into its result.")]
[Example(Small.Start + "  said: { uses: remembers, from: rows }")]
public sealed class Remembers(Remembers.Options options) : Stage
{
    public sealed record Options;

    public override StagePorts Ports => new([new DatasetPort("rows", Small.Number) { Streams = false }], Output.Model);

    public override async Task RunAsync(IStageRun run)
    {
        await File.AppendAllTextAsync(Path.Combine(run.CheckpointFolder, "attempts"), $"one more {options}\n");
        run.Metric("loss", 1, 1);
        run.Metric("loss", 2, 0.5);
        File.Copy(Path.Combine(run.CheckpointFolder, "attempts"), Path.Combine(run.OutputFolder, "config.json"));
    }
}

[Stage("needs-rows", "Takes the first row for granted.")]
[Example(Small.Start + "  said: { uses: needs-rows, from: rows }")]
public sealed class NeedsRows(NeedsRows.Options options) : Stage
{
    public sealed record Options;

    public override StagePorts Ports => new([new DatasetPort("rows", Small.Number)], Output.Report);

    public override async Task RunAsync(IStageRun run)
    {
        var all = new List<int>();
        await foreach (var batch in run.Read("rows"))
            all.AddRange(batch.Get(Small.Number));
        await File.WriteAllTextAsync(Path.Combine(run.OutputFolder, "report.json"), $"{all[0]}{options}");
    }
}

[Stage("litters", "Writes beside its folder.")]
[Example(Small.Start + "  said: { uses: litters, from: rows }")]
public sealed class Litters(Litters.Options options) : Stage
{
    public sealed record Options;

    public override StagePorts Ports => Small.Through;

    public override async Task RunAsync(IStageRun run)
    {
        await Small.EachAsync(run, b => Small.Said(b, n => $"{n}"));
        await File.WriteAllTextAsync(Path.Combine(run.OutputFolder, "..", "notes.txt"), $"{options}");
    }
}

[Stage("keeps", "Gives back less than it takes.")]
[Example(Small.Start + "  said: { uses: keeps, from: rows }")]
public sealed class Keeps(Keeps.Options options) : Mapped((b, _) => Small.Said(b, n => $"{n}{options}{(Interlocked.Increment(ref Held) > 0 ? "" : "?")}"))
{
    public static long Held;

    public sealed record Options;
}

[Stage("no-example", "Shows nobody how to use it.")]
public sealed class NoExample(NoExample.Options options) : Mapped((b, _) => Small.Said(b, n => $"{n}{options}"))
{
    public sealed record Options;
}
