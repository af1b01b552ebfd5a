using DataflowRlhf.Graph.Tests.Pipeline;

namespace DataflowRlhf.Graph.Tests.Run;

public sealed class ForesightTests : IDisposable
{
    private const string Chain = """
          words: { uses: some-words }
          first: { uses: foreseer, from: words, with: { gigabytes: 2 } }
          last:  { uses: foreseer, from: first, with: { gigabytes: 3 } }
        """;

    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    [Fact]
    public void A_promise_reaches_the_next_stage_before_anything_ran()
    {
        var plan = graph.Plan(Chain);
        plan.Select(p => p.Outlook?.Bytes).Should().Equal(null, 2_000_000_000, 5_000_000_000);
        plan.Select(p => p.Outlook?.Promise).Should().Equal(null, 2L, 5L);
    }

    [Fact]
    public async Task What_the_store_has_is_there_to_be_looked_at()
    {
        (await graph.RunAsync(Chain)).Done();
        graph.Plan(Chain).Select(p => p.Outlook?.Lower is { Count: > 0 } seen ? seen[0] : "").Should().Equal("", "fed by words, left 3 rows", "fed by first, left 3 rows");
    }

    [Fact]
    public void A_stage_that_fails_to_foresee_is_planned_all_the_same()
    {
        var plan = graph.Plan(Chain.Replace("gigabytes: 2", "gigabytes: -1"));
        plan.Should().HaveCount(3).And.OnlyContain(p => p.Decision == Decision.Run);
        plan[1].Outlook.Should().BeNull();
    }

    [Fact]
    public void Warns_once_of_what_does_not_fit()
    {
        var node = TestGraph.Graph(Chain).Nodes[1];
        var large = new Outlook { Bytes = 3_000_000_000, Lower = ["less: true", "much-less: true"] };
        Foresight.Warnings([(node, large), (node, null), (node, large)], 2_000_000_000).Single().Line.Should()
            .Be("needs about 3.0 GB of memory, and there are 2.0 GB.  write: less: true  or  much-less: true  (first as well)");
        large.Warning(4_000_000_000).Should().BeNull();
        large.Warning(null).Should().BeNull();
        (large with { AtMost = true }).Warning(1).Should().StartWith("needs up to 3.0 GB");
    }

    [Fact]
    public async Task A_run_that_surely_does_not_fit_is_refused_unless_it_is_to_be_tried()
    {
        var options = new RunOptions { Memory = 3_000_000_000 };
        var refused = await graph.RunAsync(Chain, options);
        refused.Result.Message.Should().StartWith("'last' needs about 5.0 GB of memory, and there are 3.0 GB.").And.EndWith("run: { memory: try }");
        refused.Log.Ran.Should().BeEmpty();
        (await graph.RunAsync(Chain, options with { Memory = 1_000_000_000 })).Result.Message!.Split('\n').Should().HaveCount(2, "all that do not fit are told at once")
            .And.Contain(line => line.StartsWith("'first' needs about 2.0 GB")).And.Contain(line => line.StartsWith("'last' needs about 5.0 GB"));
        (await graph.RunAsync(Chain.Replace("with: { gigabytes: 3 }", "with: { gigabytes: 3 }, run: { memory: try }"), options)).Done().Log.Warnings.Should().ContainSingle();
        new Outlook { Bytes = 5_000_000_000, AtMost = true }.SurelyTooMuch(1).Should().BeFalse("a bound need not be reached");
        new Outlook { Bytes = 5_000_000_000 }.SurelyTooMuch(null).Should().BeFalse();
    }

    [Fact]
    public void What_is_held_whatever_the_rows_are_is_refused_with_what_would_do()
    {
        var held = new Held([("weights", 3_000_000_000), ("moments", 0)], [("half: true", 1_500_000_000), ("small: true", 1_000_000_000), ("small: true, half: true", 900_000_000)]);
        var outlook = new Outlook { Held = held, Bytes = 9_000_000_000, AtMost = true };
        outlook.SurelyTooMuch(2_900_000_000).Should().BeTrue();
        outlook.SurelyTooMuch(3_000_000_000).Should().BeFalse("what is beyond it is a bound");
        outlook.SurelyTooMuch(null).Should().BeFalse();
        outlook.Warning(2_000_000_000).Should().Be("holds at least 3.0 GB of memory (weights 3.0 GB), and there are 2.0 GB.  write: half: true  or  small: true");
        held.Write(1_200_000_000).Should().Be("small: true");
        held.Write(900_000_000).Should().Be("small: true, half: true");
        held.Write(800_000_000).Should().Be("a smaller model, or a device with more than 900 MB and small: true, half: true");
        (held with { Instead = [] }).Write(1).Should().Be("a smaller model, or a device with more than 3.0 GB");
    }

    [Theory]
    [InlineData("with: { holds: 3 }", true)]
    [InlineData("with: { holds: 3 }, foreach: { i: 1..5 }", true)]
    [InlineData("with: { holds: 2 }", false)]
    [InlineData("with: { holds: 3 }, run: { memory: try }", false)]
    [InlineData("with: { holds: 3 }, run: { device: gpu }", false)]
    public void It_is_a_mistake_of_the_file_where_the_memory_is_known(string keys, bool wrong)
    {
        var path = Path.Combine(graph.StoreFolder, "p.yaml");
        File.WriteAllText(path, $"pipeline: p\nstages:\n  words: {{ uses: some-words }}\n  first: {{ uses: foreseer, from: words, {keys} }}\n");
        var mistakes = PipelineFile.Check(path, [], Some.Stages, run: new RunOptions { Memory = 2_000_000_000 }).Mistakes;
        mistakes.Select(m => (m.Line, m.Column, m.Text)).Should().Equal(wrong ? [(4, 3, "holds at least 3.0 GB of memory (words 3.0 GB), and there are 2.0 GB.")] : []);
        PipelineFile.Check(path, [], Some.Stages).Mistakes.Should().BeEmpty();
        PipelineFile.Check(path, [], Some.Stages, run: new RunOptions()).Mistakes.Should().BeEmpty();
    }

    [Fact]
    public async Task A_run_warns_before_it_starts()
    {
        var outcome = await graph.RunAsync(Chain, new RunOptions { Memory = 4_000_000_000 });
        outcome.Done().Log.Warnings.Should().ContainSingle().Which.Should().Contain("needs about 5.0 GB");
    }
}

/// <summary>Foresees the gigabytes it is told, and those of the stage before it.</summary>
[Stage("foreseer", "Passes words on and foresees what it is told.")]
public sealed class Foreseer(Foreseer.Options options) : RowStage
{
    public sealed record Options
    {
        [Option("What it foresees; less than 0 fails. Default: 1.")]
        public long Gigabytes { get; init; } = 1;

        [Option("Gigabytes that it holds whatever comes. Default: 0.")]
        public long Holds { get; init; }
    }

    public override StagePorts Ports => new([new DatasetPort("words", Some.Word)], Output.Through("words"));

    public override Batch Map(Batch batch, IStageRun run) => batch;

    public override Outlook Foresee(IForesight ahead)
    {
        if (options.Gigabytes < 0)
            throw new InvalidOperationException("nothing can be foreseen");
        var all = options.Gigabytes + (ahead.Promise("words") as long? ?? 0);
        List<string> seen = ahead.Artifact("words") is { } fed && ahead.Left is { } left ? [$"fed by {fed.Stage}, left {left.Rows} rows"] : [];
        return new Outlook { Bytes = all * 1_000_000_000, Promise = all, Lower = seen, Held = new([("words", options.Holds * 1_000_000_000)], []) };
    }
}
