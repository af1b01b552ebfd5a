using System.Text.Json.Nodes;
using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Policies;
using DataflowRlhf.Stages.Training;

namespace DataflowRlhf.Stages.Tests.Judging;

/// <summary>The stages that ask a language model, from their ports to their summaries.</summary>
public sealed class JudgingStagesTests : IDisposable
{
    private readonly JudgeBench bench = new();
    private readonly TinyWorld world = new();

    public void Dispose()
    {
        bench.Dispose();
        world.Dispose();
    }

    private static Batch Prompts(int rows)
    {
        var pairs = TinyWorld.Pairs(rows, "validation");
        return pairs.With(Columns.Prompt, [.. pairs.Get(Columns.RowId).Select(id => $"prompt {id}")]);
    }

    private TestStageRun Comparing(int rows) => bench.Run().With("prompts", Prompts(rows)).WithModel("candidate", world.LanguageModel(1), "ours").WithModel("opponent", world.LanguageModel(2), "theirs");

    private Compare.Options Llm(string url) => new()
    {
        Judge = Compare.JudgedBy.Llm,
        Judging = bench.Options(url) with { JudgeConcurrency = 4 },
        MaxNewTokens = 8,
    };

    [Fact]
    public async Task Compare_counts_what_the_judge_says()
    {
        await using var endpoint = FakeEndpoint.Saying(r => r.Part("prompt").EndsWith("-3", StringComparison.Ordinal) ? "hard to say" : r.Better(t => t.Sum(c => c)));
        using var run = Comparing(12);
        await new Compare(Llm(endpoint.Url), bench.Clock).RunAsync(run);
        int Fact(string name) => run.Summary[name]!.GetValue<int>();
        Fact("prompts").Should().Be(11);
        (Fact("win") + Fact("tie") + Fact("lose")).Should().Be(11);
        Fact("win").Should().BePositive();
        Fact("lose").Should().BePositive();
        Fact("disagreed").Should().Be(0);
        Fact("quarantined").Should().Be(1);
        run.Quarantined.Should().ContainSingle().Which.Should().Match<(string RowId, int Row, string Reason)>(q => q.RowId == "validation-3" && q.Reason.Contains("no verdict in 3 tries"));
        run.Summary["judge"]!.GetValue<string>().Should().Be("llm");
        run.Summary["judge_model"]!.GetValue<string>().Should().Be("judge-1");
        run.Summary["win_rate"]!.GetValue<double>().Should().BeApproximately((Fact("win") + (Fact("tie") / 2.0)) / 11, 1e-12);
        run.Summary["low"]!.GetValue<double>().Should().BeLessThan(run.Summary["high"]!.GetValue<double>());
    }

    [Fact]
    public async Task Compare_goes_on_where_the_cap_stopped_it_with_the_very_same_responses()
    {
        await using var endpoint = FakeEndpoint.Saying(r => r.Better(t => t.Length));
        var options = Llm(endpoint.Url);
        options = options with { Judging = options.Judging with { MaxRequests = 9 } };
        using (var capped = Comparing(8))
            (await FluentActions.Awaiting(() => new Compare(options, bench.Clock).RunAsync(capped)).Should().ThrowAsync<StageException>()).Which.Message.Should().Contain("max-requests");
        endpoint.Requests.Should().HaveCount(9);
        using var rest = Comparing(8);
        await new Compare(options, bench.Clock).RunAsync(rest);
        endpoint.Requests.Should().OnlyHaveUniqueItems(r => r.Question).And.HaveCountLessThanOrEqualTo(16);
        using var whole = Comparing(8);
        await new Compare(options with { Judging = options.Judging with { MaxRequests = 1 } }, bench.Clock).RunAsync(whole);
        whole.Summary.ToJsonString().Should().Be(rest.Summary.ToJsonString(), "nothing had to be asked");
    }

    [Fact]
    public async Task Compare_without_any_verdict_says_so()
    {
        await using var endpoint = FakeEndpoint.Saying(_ => "hm");
        using var run = Comparing(3);
        (await FluentActions.Awaiting(() => new Compare(Llm(endpoint.Url), bench.Clock).RunAsync(run)).Should().ThrowAsync<StageException>())
            .Which.Message.Should().Contain("no verdict on any of 3 pairs");
    }

    [Fact]
    public async Task Evaluate_reward_measures_the_judge_beside_the_models()
    {
        // The judge knows the rule: the better response has the good letter, so it is right where labels lie.
        await using var endpoint = FakeEndpoint.Saying(r => r.Better(t => t.Contains((char)GoodLetter) ? 1 : 0));
        var validation = TinyWorld.Pairs(20, "validation", 8, liesEvery: 4);
        validation = validation.With(Columns.StrengthMean, [.. Enumerable.Range(0, 20).Select(i => i - 10f)]);
        using var run = bench.Run().With("pairs", validation, TinyWorld.Pairs(4, "ood", 9)).WithModel("models", world.RewardModel(), "reward");
        await new EvaluateReward(new() { Llm = true, Judging = bench.Options(endpoint.Url), StrengthGroups = 4 }, bench.Clock).RunAsync(run);

        var models = run.Summary["models"]!.AsArray();
        models.Select(m => m!["stage"]!.GetValue<string>()).Should().Equal("reward", "llm judge-1");
        var judge = models[1]!.AsObject();
        double Fact(JsonNode part, string name) => part[name]!.GetValue<double>();
        Fact(judge, "truth").Should().Be(1);
        Fact(judge, "original").Should().Be(0.75);
        Fact(judge, "agreement").Should().Be(1);
        judge["by_group"]!.AsArray().Select(g => g!["rows"]!.GetValue<int>()).Should().Equal(5, 5, 5, 5);
        Fact(judge["ood"]!, "original").Should().Be(1);
        foreach (var ofSizes in new[] { "loss", "mean_margin", "calibration_error" })
            judge.ContainsKey(ofSizes).Should().BeFalse("a preference has no size");
        judge.ToJsonString().Should().NotContain("mean_margin");
        judge["quarantined"]!.GetValue<int>().Should().Be(0);
        run.Said.Should().HaveCount(2).And.Contain(l => l.StartsWith("llm judge-1: original"));
        endpoint.Requests.Should().HaveCount(48);
    }

    /// <summary>Ids are bytes from 2 on in the tiny tokenizer.</summary>
    private static int GoodLetter => TinyWorld.Good - 2;

    [Fact]
    public async Task Evaluate_reward_puts_rows_without_a_verdict_aside()
    {
        await using var endpoint = FakeEndpoint.Saying(r => r.Number < 3 ? "?" : "TIE");
        using var run = bench.Run().With("pairs", TinyWorld.Pairs(5, "validation")).WithModel("models", world.RewardModel(), "reward");
        await new EvaluateReward(new() { Llm = true, Judging = bench.Options(endpoint.Url) }, bench.Clock).RunAsync(run);
        var judge = run.Summary["models"]![1]!;
        judge["rows"]!.GetValue<int>().Should().Be(4);
        judge["ties"]!.GetValue<int>().Should().Be(4);
        judge["original"]!.GetValue<double>().Should().Be(0.5);
        run.Quarantined.Should().ContainSingle().Which.Reason.Should().Contain("no verdict");
    }

    [Fact]
    public async Task Evaluate_reward_without_any_verdict_says_why()
    {
        await using var endpoint = FakeEndpoint.Saying(_ => "?");
        using var run = bench.Run().With("pairs", TinyWorld.Pairs(3, "validation")).WithModel("models", world.RewardModel(), "reward");
        var evaluate = () => new EvaluateReward(new() { Llm = true, Judging = bench.Options(endpoint.Url) }, bench.Clock).RunAsync(run);
        (await evaluate.Should().ThrowAsync<StageException>()).Which.Message.Should().Contain("no verdict on any of 3 pairs: the judge judge-1 gave no verdict in 3 tries");
    }
}
