using System.Text;
using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Reading;

namespace DataflowRlhf.Stages.Tests.Reading;

public sealed class PromptSidesTests : IDisposable
{
    private readonly Source source = new();

    public void Dispose() => source.Dispose();

    [Theory]
    [InlineData("Hello", "hello")]
    [InlineData("\n\nHuman:  Hello\tTHERE!!\n\nAssistant:", "human: hello there assistant")]
    [InlineData("\"What?\"\r\n...\r\n(Yes.)", "what yes")]
    [InlineData("a - b", "a - b")]
    [InlineData("1 + 1 = ", "1 + 1 =")]
    [InlineData("  ", "")]
    public void Prompts_that_a_reader_would_call_the_same_are_the_same(string prompt, string normal) => PromptText.Normal(prompt).Should().Be(normal);

    /// <summary>Thousands of random prompts over three files: many come again, many share their opening, some only differ in case, space and marks.</summary>
    private List<(string File, string Prompt)> Many(int count)
    {
        var random = new SeededRandom(3);
        string Words(int from, int to) => string.Join(' ', Enumerable.Range(0, random.Next(from, to)).Select(_ => ((char)('a' + random.Next(8))).ToString()));
        string Shout(string text) => random.Next(3) == 0 ? text.ToUpperInvariant().Replace(" ", "  ") + "!" : text;
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var prompt = $"\n\nHuman: {Shout(Words(2, 5))}\n\nAssistant:";
            for (var more = random.Next(3); more > 0; more--)
                prompt += $" {Words(1, 3)}\n\nHuman: {Words(1, 3)}\n\nAssistant:";
            return ($"part-{random.Next(3)}.jsonl", prompt);
        })];
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public async Task No_prompt_is_ever_on_both_sides(int seed)
    {
        var rows = Many(6000);
        foreach (var file in rows.Select((r, i) => (r.File, Row: Source.Pair(r.Prompt, $"good {i}"))).GroupBy(r => r.File))
            source.File(file.Key, file.Select(r => r.Row));
        using var run = await Source.Pairs(source.Folder, o => o with { Validation = 0.3, SplitSeed = seed });
        var placed = run.All(Columns.Prompt).Zip(run.All(Columns.Split)).ToList();
        placed.Should().HaveCount(6000);
        foreach (var same in new Func<string, string>[] { p => p, Dialogue.Opening, PromptText.Normal })
            placed.GroupBy(p => same(p.First), p => p.Second).Should().OnlyContain(g => g.Distinct().Count() == 1).And.Contain(g => g.Count() > 1);
        placed.GroupBy(p => PromptText.Normal(Dialogue.Opening(p.First)), p => p.Second).Average(g => g.First() == "validation" ? 1.0 : 0).Should().BeInRange(0.25, 0.35);
        run.Summary["leaked_prompts"]!.GetValue<int>().Should().Be(0);
        run.Warned.Should().BeEmpty();
    }

    [Fact]
    public async Task Another_seed_draws_other_prompts_and_the_same_seed_the_same_ones()
    {
        var path = source.File("a.jsonl", Enumerable.Range(0, 500).Select(i => Source.Pair($"Question {i}")));
        async Task<string[]> Split(int seed)
        {
            using var run = await Source.Pairs(path, o => o with { Validation = 0.2, SplitSeed = seed });
            return run.All(Columns.Split);
        }
        var first = await Split(1);
        (await Split(1)).Should().Equal(first);
        var second = await Split(2);
        var both = first.Zip(second).Count(p => p is ("validation", "validation"));
        first.Count(s => s == "validation").Should().BeInRange(65, 135);
        both.Should().BeInRange(5, 40, "a fifth of a fifth of 500 is 20");
    }

    [Fact]
    public async Task Given_splits_are_guarded_over_thousands_of_rows_and_files()
    {
        var random = new SeededRandom(9);
        string[] sides = ["train", "test", "ood"];
        foreach (var file in Many(4000).GroupBy(r => r.File))
            source.File(file.Key, file.Select((r, i) => random.Next(4) == 0
                ? Source.Pair(r.Prompt, $"good {i}")
                : new { prompt = r.Prompt, chosen = $"good {i}", rejected = "bad", split = sides[random.Next(3)] }));
        using var run = await Source.Pairs(source.Folder);
        run.All(Columns.Prompt).Zip(run.All(Columns.Split)).GroupBy(p => p.First, p => p.Second).Should().OnlyContain(g => g.Distinct().Count() == 1).And.Contain(g => g.Count() > 1);
        run.Quarantined.Should().NotBeEmpty().And.OnlyContain(q => q.Reason.Contains("never on two sides"));
    }

    [Fact]
    public async Task A_row_without_a_split_follows_its_prompt()
    {
        using var run = await Source.Pairs(source.File("a.jsonl", Enumerable.Range(0, 40).SelectMany(i => new[]
        {
            new { prompt = $"Q{i}", chosen = "a", rejected = "b", split = "ood" },
            Source.Pair($"Q{i}", "c"),
        })));
        run.All(Columns.Split).Should().AllBe("ood").And.HaveCount(80);
    }

    [Fact]
    public async Task Near_copies_on_both_sides_of_a_given_split_are_counted_in_a_warning()
    {
        object Row(string prompt, string split, int i) => new { prompt, chosen = $"good {i}", rejected = "bad", split };
        using var run = await Source.Pairs(source.File("a.jsonl",
            Row("What is blue?", "train", 1), Row("what  is BLUE", "validation", 2), Row("What is blue!", "ood", 3), Row("What is red?", "validation", 4),
            Row("what is green", "validation", 5), Row("What is green?", "train", 6), Row("Something else", "train", 7)));
        run.All(Columns.Split).Should().HaveCount(7);
        run.Summary["leaked_prompts"]!.GetValue<int>().Should().Be(2);
        run.Summary["leaked_rows"]!.GetValue<long>().Should().Be(3);
        run.Warned.Should().ContainSingle().Which.Should().StartWith("2 of 3 held-out prompts (3 rows) are in split train as well").And.Contain("split column");
    }

    [Fact]
    public async Task Two_files_with_splits_of_their_own_are_held_against_each_other()
    {
        source.File("test.jsonl", new { prompt = "One.", chosen = "a", rejected = "b", split = "test" }, new { prompt = "Two", chosen = "a", rejected = "b", split = "test" });
        source.File("train.jsonl", new { prompt = "one", chosen = "a", rejected = "b", split = "train" }, new { prompt = "Two", chosen = "a", rejected = "b", split = "train" });
        using var run = await Source.Pairs(source.Folder);
        run.Warned.Should().ContainSingle().Which.Should().Contain("1 of 2 held-out prompts (1 rows)");
        run.Quarantined.Single().RowId.Should().Be("train.jsonl:2");
    }
}
