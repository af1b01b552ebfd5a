using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Reading;
using Parquet;
using Parquet.Schema;

namespace DataflowRlhf.Stages.Tests.Reading;

public sealed class RankedListTests : IDisposable
{
    private readonly Source source = new();

    public void Dispose() => source.Dispose();

    private static object Nectar(string prompt, params (string Answer, double Rank)[] answers) =>
        new { prompt, answers = answers.Select(a => new { answer = a.Answer, model = "some", rank = a.Rank }), turns = 1 };

    private static Task<TestStageRun> Read(string path) => Source.Pairs(path, o => o with { Ranked = true });

    private static IEnumerable<(string Chosen, string Rejected, float, float)> Rows(TestStageRun run) => run.All(Columns.Chosen)
        .Select((c, i) => (c, run.All(Columns.Rejected)[i], run.All(Columns.ChosenRank)[i], run.All(Columns.RejectedRank)[i]));

    [Fact]
    public async Task A_list_becomes_all_its_comparisons()
    {
        using var run = await Read(source.File("a.jsonl", Nectar("Q", ("worst", 3), ("best", 1), ("middle", 2))));
        Rows(run).Should().Equal(("best", "middle", 1, 2), ("best", "worst", 1, 3), ("middle", "worst", 2, 3));
        run.All(Columns.Prompt).Should().AllBe("Q");
        run.All(Columns.PromptGroup).Distinct().Should().ContainSingle();
        run.All(Columns.RowId).Should().OnlyHaveUniqueItems();
        run.All(new Column<long>("turns")).Should().AllBeEquivalentTo(1L);
        run.Summary["rows"]!.GetValue<long>().Should().Be(1);
        run.Summary["pairs"]!.GetValue<long>().Should().Be(3);
    }

    [Fact]
    public async Task Parallel_lists_say_the_same()
    {
        using var lists = await Read(source.File("a.jsonl", new { prompt = "Q", responses = new[] { "worst", "best", "middle" }, ranks = new[] { 3, 1, 2 } }));
        using var answers = await Read(source.File("b.jsonl", Nectar("Q", ("worst", 3), ("best", 1), ("middle", 2))));
        Rows(lists).Should().Equal(Rows(answers));
        lists.All(Columns.PromptGroup).Should().Equal(answers.All(Columns.PromptGroup));
    }

    [Fact]
    public async Task Equal_ranks_are_not_compared_and_equal_responses_are_one()
    {
        using var run = await Read(source.File("a.jsonl", Nectar("Q", ("a", 1), ("b", 2), ("c", 2), ("a", 1), ("d", 3.5))));
        Rows(run).Should().Equal(("a", "b", 1, 2), ("a", "c", 1, 2), ("a", "d", 1, 3.5f), ("b", "d", 2, 3.5f), ("c", "d", 2, 3.5f));
    }

    [Fact]
    public async Task Lists_of_one_prompt_keep_apart_and_keep_their_own_ids()
    {
        using var run = await Read(source.File("a.jsonl", Nectar("Q", ("a", 1), ("b", 2)), Nectar("Q", ("c", 1), ("d", 2)), Nectar("Q", ("a", 1), ("b", 2)),
            new { prompt = "Q", row_id = "mine", responses = new[] { "e", "f" }, ranks = new[] { 2, 1 } }));
        var groups = run.All(Columns.PromptGroup);
        groups.Should().OnlyHaveUniqueItems();
        groups[2].Should().Be(groups[0] + "-2");
        groups[3].Should().Be("mine");
        run.All(Columns.RowId)[3].Should().Be("mine/1-2");
        run.All(Columns.Split).Distinct().Should().ContainSingle();
    }

    [Fact]
    public async Task Lists_that_contradict_themselves_are_put_aside()
    {
        using var run = await Read(source.File("a.jsonl", Nectar("Q", ("a", 1), ("b", 2)),
            Nectar("Q", ("a", 1), ("a", 2)), Nectar("Q", ("a", 1)), Nectar("Q", ("a", 2), ("b", 2)), Nectar("Q", ("a", 1), (" ", 2)),
            new { prompt = "Q", responses = new[] { "a", "b" }, ranks = new[] { 1 } }, new { prompt = "Q", answers = new[] { "a", "b" } }, new { prompt = "Q", answers = 3 },
            new { answers = new[] { "a", "b" }, ranks = new[] { 1, 2 } }));
        run.All(Columns.Chosen).Should().Equal("a");
        run.Quarantined.Select(q => q.Reason).Should().SatisfyRespectively(
            r => r.Should().Be("one response has the ranks 1 and 2"), r => r.Should().Contain("two responses or more"), r => r.Should().Contain("all its responses have one rank"),
            r => r.Should().Contain("response 2 is empty"), r => r.Should().Be("there are 2 responses and 1 ranks"), r => r.Should().Contain("response 1 has no rank"),
            r => r.Should().Contain("no list of answers"), r => r.Should().Contain("prompt"));
    }

    [Fact]
    public async Task The_columns_are_promised_where_they_are_asked_for()
    {
        ((DatasetOutput)new ReadPreferences(new() { Path = "x", Ranked = true }).Ports.Output).Adds.Should().Contain([Columns.PromptGroup, Columns.ChosenRank, Columns.RejectedRank]);
        ((DatasetOutput)new ReadPreferences(new() { Path = "x" }).Ports.Output).Adds.Should().NotContain(Columns.PromptGroup);
        (await Source.Complaint(() => Read(source.File("a.jsonl", Source.Pair("Q"))))).Should().Contain("write:  ranked: false");
        (await Source.Complaint(() => Read(source.File("b.jsonl", new { prompt = "Q" })))).Should().Contain("prompt-only form");
        (await Source.Complaint(() => Read(source.File("c.jsonl", new { a = "Q" })))).Should().Contain("A ranked list needs the columns prompt and answers");
    }

    [Fact]
    public async Task Parquet_holds_ranked_lists_as_well()
    {
        var (prompt, answer, rank) = (new DataField<string>("prompt"), new DataField<string>("answer"), new DataField<double>("rank"));
        await using (var stream = System.IO.File.Create(source.Path("a.parquet")))
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(prompt, new ListField("answers", new StructField("element", answer, rank))), stream))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(prompt, (string?[])["Q", "R"]);
            await group.WriteAsync(answer, (string?[])["b", "a", "c", "d"], new[] { 0, 1, 0, 1 });
            await group.WriteAsync<double>(rank, new double?[] { 2.0, 1, 1, 2 }.AsMemory(), new[] { 0, 1, 0, 1 });
        }
        using var run = await Read(source.Path("a.parquet"));
        Rows(run).Should().Equal(("a", "b", 1, 2), ("c", "d", 1, 2));
        run.All(Columns.Prompt).Should().Equal("Q", "R");
    }
}
