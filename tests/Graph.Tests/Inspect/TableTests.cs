using DataflowRlhf.Graph.Tests.Run;

namespace DataflowRlhf.Graph.Tests.Inspect;

public sealed class TableTests : IDisposable
{
    private static readonly Column<string> Name = new("row_id");
    private static readonly Column<float> Weight = new("weight");
    private static readonly Column<int[]> Parts = new("parts");
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    private static Batch Of(IEnumerable<int> rows, Func<int, float>? weight = null)
    {
        int[] all = [.. rows];
        return Batch.Of(0, all.Length).With(Name, [.. all.Select(r => $"row {r}")]).With(Weight, [.. all.Select(r => weight?.Invoke(r) ?? r)]).With(Parts, [.. all.Select(r => new int[r % 3])]);
    }

    private static async IAsyncEnumerable<Batch> Stream(params Batch[] batches)
    {
        foreach (var batch in batches)
        {
            await Task.Yield();
            yield return batch;
        }
    }

    [Fact]
    public async Task Statistics_of_every_column_come_in_one_pass()
    {
        var columns = await TableStatistics.OfAsync(Stream(Of(Enumerable.Range(0, 50)), Of(Enumerable.Range(50, 51), r => r == 100 ? float.NaN : r)));
        var weight = columns.Single(c => c.Name == "weight");
        (weight.Rows, weight.NotNumbers, weight.Least, weight.Most, weight.Mean, weight.Median).Should().Be((101L, 1L, 0d, 99d, 49.5, 49.5));
        weight.Deviation.Should().BeApproximately(Math.Sqrt((100 * 100 - 1) / 12.0), 1e-9);
        (weight.Distinct, weight.DistinctExact, weight.QuantilesExact).Should().Be((101L, true, true));
        var parts = columns.Single(c => c.Name == "parts");
        (parts.Measures, parts.Most, parts.Distinct).Should().Be(("items", 2d, 3L));
        columns.Single(c => c.Name == "row_id").Common.Should().BeEmpty("there are too many different ones");
    }

    [Fact]
    public void Very_many_values_are_estimated_in_bounded_memory()
    {
        var (distinct, quantiles) = (new DistinctCount(), new QuantileSample());
        for (var i = 0; i < 400_000; i++)
        {
            distinct.Add(CellHash.Of($"text {i % 200_000}"));
            quantiles.Add(i);
        }
        distinct.Exact.Should().BeFalse();
        distinct.Count.Should().BeInRange(194_000, 206_000);
        quantiles.Exact.Should().BeFalse();
        quantiles.At(0.5)[0].Should().BeInRange(195_000, 205_000);
    }

    [Theory]
    [InlineData("weight<3", 3)]
    [InlineData("weight>=98", 2)]
    [InlineData("weight=7", 1)]
    [InlineData("row_id=row 7", 1)]
    [InlineData("row_id!=row 7", 99)]
    [InlineData("row_id~ROW 7", 11)]
    public void A_condition_keeps_the_rows_of_which_it_holds(string condition, int rows) =>
        RowFilter.Apply(Of(Enumerable.Range(0, 100)), [RowFilter.Parse(condition)]).Rows.Should().Be(rows);

    [Theory]
    [InlineData("weight", "is no condition")]
    [InlineData("weight<heavy", "is no number")]
    [InlineData("wieght=1", "There is no column 'wieght'")]
    [InlineData("parts=1", "holds list of int32")]
    [InlineData("row_id<1", "holds texts")]
    public void A_condition_that_cannot_be_is_told(string condition, string words) =>
        FluentActions.Invoking(() => RowFilter.Apply(Of([1]), [RowFilter.Parse(condition)])).Should().Throw<StageException>().WithMessage($"*{words}*");

    private async Task<ArtifactRecord> MakeAsync(string stage, params Batch[] batches)
    {
        var body = Probe.Body(async run =>
        {
            foreach (var batch in batches)
                await run.EmitAsync(batch.With(Probe.Number, new int[batch.Rows]));
        });
        return (await graph.RunAsync($"  {stage}: {{ uses: emit, with: {{ body: {body}, salt: {stage.Length} }} }}")).Done()[stage];
    }

    [Fact]
    public async Task Two_datasets_are_held_together_row_by_row_whatever_their_order()
    {
        var was = await MakeAsync("was", Of(Enumerable.Range(0, 100)));
        var now = await MakeAsync("later", Of(Enumerable.Range(50, 60).Reverse(), r => r is 60 or 61 ? -1 : r), Of([20, 20]));
        using var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        var difference = await TableDiff.OfAsync(store, was, now, null, null, CancellationToken.None);
        (difference.By, difference.Same, difference.Changed, difference.Added, difference.Removed).Should().Be(("row_id", 49L, 2L, 11L, 49L), "the second row 20 is one too many");
        difference.ChangedBy.Should().Equal(new Dictionary<string, long> { ["weight"] = 2 });
        difference.Examples.Should().Contain("~ row 61").And.Contain("+ row 109");
        (await TableDiff.OfAsync(store, was, was, null, null, CancellationToken.None)).IsNone.Should().BeTrue();
        var byWeight = () => TableDiff.OfAsync(store, was, now, "wieght", null, CancellationToken.None);
        await byWeight.Should().ThrowAsync<StageException>().WithMessage("There is no column 'wieght' in both*");
    }

    [Fact]
    public async Task Rows_without_names_are_compared_by_place_and_columns_by_name_and_type()
    {
        var extra = new Column<long>("weight");
        var was = await MakeAsync("was", Of([1, 2, 3]).Without("row_id"));
        var now = await MakeAsync("later", Of([1, 2]).Without("row_id", "weight", "parts").With(extra, [1, 2]));
        using var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        var difference = await TableDiff.OfAsync(store, was, now, null, null, CancellationToken.None);
        (difference.By, difference.Same, difference.Removed).Should().Be((null, 2L, 1L));
        difference.Gone.Should().Equal("parts: list of int32");
        difference.New.Should().Equal("weight: int64");
    }

    [Fact]
    public async Task A_row_is_followed_from_where_it_begins_to_what_was_made_of_it()
    {
        var begins = Probe.Body(run => run.EmitAsync(Of([1, 2, 3]).With(Probe.Number, [1, 2, 3])).AsTask());
        var drops = Probe.Body(async run =>
        {
            await foreach (var batch in run.Read("rows"))
            {
                run.Quarantine(batch, 1, "it is even");
                await run.EmitAsync(batch.Select([0, 2]).With(Weight, [-1, -3]));
            }
        });
        var stages = $"  begin: {{ uses: emit, with: {{ body: {begins} }} }}\n  odd: {{ uses: hold, from: begin, with: {{ body: {drops} }} }}\n  twice: {{ uses: double, from: odd }}\n  model: {{ uses: learn, from: twice }}\n  told: {{ uses: tell, from: [model] }}";
        (await graph.RunAsync(stages)).Done();
        using var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        var plan = Planner.Plan(TestGraph.Graph(stages), store, new RunOptions());

        var third = await RowTrail.OfAsync(plan, store, "row 3", CancellationToken.None);
        third.Select(s => (s.Stage, s.Fate, s.From)).Should().Equal(
            ("begin", RowFate.Has, null), ("odd", RowFate.Has, "begin"), ("twice", RowFate.Has, "odd"), ("model", RowFate.Read, "twice"), ("told", RowFate.Follows, "model"));
        third[0].Added.Select(a => a.Column).Should().Equal("row_id", "weight", "parts", "number");
        third[1].Changed.Should().Equal(("weight", 3f, -3f));
        third[2].Added.Should().Equal(("twice", 6));
        (third[1].Found!.Part, third[1].Found!.Place, third[1].Stale).Should().Be(("part-00000.parquet", 1, false));

        var second = await RowTrail.OfAsync(plan, store, "row 2", CancellationToken.None);
        second.Select(s => (s.Stage, s.Fate, s.Reason)).Should().Equal(("begin", RowFate.Has, null), ("odd", RowFate.PutAside, "it is even"));
        (await RowTrail.OfAsync(plan, store, "row 9", CancellationToken.None)).Should().BeEmpty();
    }

    [Fact]
    public async Task An_artifacts_tree_goes_back_to_its_files()
    {
        var file = Path.Combine(graph.StoreFolder, "words.txt");
        await File.WriteAllTextAsync(file, "one");
        var stages = $"  begin: {{ uses: emit, with: {{ file: \"{file}\" }} }}\n  twice: {{ uses: double, from: begin }}\n  model: {{ uses: learn, from: twice, with: {{ salt: 4 }} }}\n  told: {{ uses: tell, from: [model, begin] }}";
        var made = (await graph.RunAsync(stages)).Done();
        using var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        var tree = ArtifactTree.Of(store, made["told"]);
        tree.Inputs.Select(i => i.From.Stage).Should().Equal("model", "begin");
        var model = tree.Inputs[0].From;
        model.Fields.Should().Contain("option salt", "4");
        var begin = model.Inputs.Single().From.Inputs.Single().From;
        begin.Should().BeSameAs(tree.Inputs[1].From);
        begin.Fields.Keys.Should().Contain("file file words.txt");
        Directory.Delete(Path.GetDirectoryName(made["twice"].Folder)!, recursive: true);
        ArtifactTree.Of(store, made["model"]).Inputs.Single().From.Artifact.Should().BeNull("it is gone");
    }

    [Fact]
    public void A_curve_is_told_in_short()
    {
        var curve = Curve.Of(Enumerable.Range(0, 100).Select(i => new MetricPoint("loss", i, i == 50 ? double.NaN : 100 - i))).Single();
        (curve.Points, curve.First, curve.Last, curve.Least, curve.Most, curve.LastStep).Should().Be((100, 100d, 1d, 1d, 100d, 99L));
        curve.Shape.Should().HaveCount(40).And.Contain(double.NaN);
    }
}
