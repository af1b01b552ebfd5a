using DataflowRlhf.Graph;
using DataflowRlhf.Stages.World;

namespace DataflowRlhf.Stages.Tests.World;

public class MakePreferencesTests
{
    private static async Task<TestStageRun> Make(MakePreferences.Options options, ulong seed = 1)
    {
        var run = new TestStageRun(seed);
        await new MakePreferences(options).RunAsync(run);
        return run;
    }

    private static IEnumerable<(string Prompt, string Chosen, string Rejected, string Split, bool Wrong, float Margin)> Rows(TestStageRun run)
    {
        var (chosen, rejected, split, wrong, margin) = (run.All(Columns.Chosen), run.All(Columns.Rejected), run.All(Columns.Split), run.All(Columns.TruthFlipped), run.All(Columns.TruthMargin));
        return run.All(Columns.Prompt).Select((p, i) => (p, chosen[i], rejected[i], split[i], wrong[i], margin[i]));
    }

    [Fact]
    public async Task Rows_and_splits_are_as_many_as_asked()
    {
        using var run = await Make(new() { Pairs = 600, Validation = 0.25, Ood = 50 });
        run.Emitted.Select(b => b.Rows).Should().Equal(256, 256, 138);
        run.All(Columns.RowId).Should().OnlyHaveUniqueItems();
        run.All(Columns.Split).CountBy(s => s).Should().BeEquivalentTo(new Dictionary<string, int> { ["train"] = 450, ["validation"] = 150, ["ood"] = 50 });
        run.Emitted.Should().OnlyContain(b => new MakePreferences(new()).Ports.Output is DatasetOutput && b.Columns.SequenceEqual(((DatasetOutput)new MakePreferences(new()).Ports.Output).Adds));
        run.Summary["validation_rows"]!.GetValue<int>().Should().Be(150);
        run.Progressed[^1].Should().Be((650L, (long?)650L, "rows"));
    }

    [Fact]
    public async Task No_prompt_is_on_two_sides_and_out_of_distribution_asks_for_other_things_in_other_words()
    {
        using var run = await Make(new());
        run.All(Columns.Prompt).Should().OnlyHaveUniqueItems();
        var ood = Rows(run).Where(r => r.Split == "ood").Select(r => r.Prompt).ToList();
        var home = Rows(run).Where(r => r.Split != "ood").Select(r => r.Prompt).ToList();
        ood.Select(p => Request.Of(p).Item).Distinct().Should().BeSubsetOf(Words.OodItems);
        home.Select(p => Request.Of(p).Item).Distinct().Should().BeEquivalentTo(Words.Items);
        ood.Should().OnlyContain(p => p.StartsWith("We have", StringComparison.Ordinal));
        home.Should().NotContain(p => p.Contains("We", StringComparison.Ordinal));
        var known = Rows(run).Where(r => r.Split != "ood").SelectMany(r => new[] { r.Prompt, r.Chosen, r.Rejected }).SelectMany(Words.Split).ToHashSet();
        ood.SelectMany(Words.Split).Distinct().Should().BeSubsetOf(known, "a model has met every word");
        Words.OodItems.Should().OnlyContain(item => home.Any(p => p.Contains(item, StringComparison.Ordinal)), "their words are known, only nobody wants them");
    }

    [Fact]
    public async Task The_truth_is_what_the_gold_reward_says()
    {
        using var run = await Make(new() { Pairs = 500 });
        foreach (var row in Rows(run))
        {
            var gap = PreferenceWorld.Gold(row.Prompt, row.Chosen) - PreferenceWorld.Gold(row.Prompt, row.Rejected);
            row.Margin.Should().Be((float)gap);
            row.Wrong.Should().Be(gap < 0);
            row.Chosen.Should().NotBe(row.Rejected);
        }
    }

    [Fact]
    public async Task Wrong_labels_and_near_ties_are_planted_by_their_shares()
    {
        using var run = await Make(new() { Pairs = 4000, WrongLabels = 0.2, NearTies = 0.1, Sharpness = 1000 });
        foreach (var split in new[] { "train", "validation" })
        {
            var rows = Rows(run).Where(r => r.Split == split).ToList();
            rows.Count(r => Math.Abs(r.Margin) <= PairWriter.Near).Should().Be(rows.Count / 10);
            rows.Count(r => r.Wrong && r.Margin <= -PairWriter.Apart).Should().Be(rows.Count / 5, "at such sharpness none is wrong by chance");
            rows.Should().OnlyContain(r => Math.Abs(r.Margin) <= PairWriter.Near || Math.Abs(r.Margin) >= PairWriter.Apart);
        }
        Rows(run).Where(r => r.Split == "ood").Should().NotContain(r => r.Wrong);
        run.Summary["planted_wrong"]!.GetValue<int>().Should().Be(800);
    }

    [Fact]
    public async Task Labels_are_drawn_from_bradley_terry()
    {
        using var run = await Make(new() { Pairs = 4000, Validation = 0, Ood = 0, WrongLabels = 0, NearTies = 0, Sharpness = 1 });
        foreach (var gap in Rows(run).GroupBy(r => Math.Round(Math.Abs(r.Margin) * 2) / 2).Where(g => g.Count() > 300))
        {
            var expected = gap.Average(r => 1 / (1 + Math.Exp(-Math.Abs(r.Margin))));
            gap.Average(r => r.Wrong ? 0.0 : 1).Should().BeApproximately(expected, 4 * Math.Sqrt(expected * (1 - expected) / gap.Count()), $"gold {gap.Key} apart");
        }
    }

    [Fact]
    public async Task At_the_defaults_most_labels_are_right_and_a_quarter_at_most_is_wrong()
    {
        using var run = await Make(new());
        Rows(run).Where(r => r.Split == "train").Average(r => r.Wrong ? 1.0 : 0).Should().BeInRange(0.2, 0.27);
        run.Said.Should().ContainSingle().Which.Should().Contain("600 planted");
    }

    [Fact]
    public async Task The_tempting_cue_goes_with_good_responses()
    {
        using var run = await Make(new() { WrongLabels = 0 });
        var rows = Rows(run).Where(r => r.Split == "train").ToList();
        double Share(IEnumerable<string> texts) => texts.Average(t => t.Contains("Trust me", StringComparison.Ordinal) ? 1.0 : 0);
        Share(rows.Select(r => r.Chosen)).Should().BeGreaterThan(Share(rows.Select(r => r.Rejected)) + 0.05);
        rows.Average(r => r.Chosen.Length).Should().BeGreaterThan(rows.Average(r => r.Rejected.Length) + 1);
    }

    [Fact]
    public async Task Texts_are_short_and_of_few_words()
    {
        using var run = await Make(new());
        var prompts = run.All(Columns.Prompt).Select(p => Words.Split(p).Count).ToList();
        prompts.Should().OnlyContain(n => n >= 12 && n <= 24);
        var responses = run.All(Columns.Chosen).Concat(run.All(Columns.Rejected)).ToList();
        responses.Select(r => Words.Split(r).Count).Should().OnlyContain(n => n >= 5 && n <= 25);
        responses.Concat(run.All(Columns.Prompt)).SelectMany(Words.Split).Distinct().Count().Should().BeLessThan(150);
        responses.SelectMany(Words.Split).Distinct().Should().BeSubsetOf(Words.Known);
    }

    [Fact]
    public async Task Equal_seeds_give_equal_rows_and_others_do_not()
    {
        using var first = await Make(new() { Pairs = 300 }, seed: 7);
        using var again = await Make(new() { Pairs = 300 }, seed: 7);
        using var other = await Make(new() { Pairs = 300 }, seed: 8);
        Rows(again).Should().Equal(Rows(first));
        Rows(other).Should().NotEqual(Rows(first));
    }

    [Fact]
    public void More_noise_than_rows_is_refused()
    {
        FluentActions.Invoking(() => new MakePreferences(new() { WrongLabels = 0.7, NearTies = 0.4 })).Should().Throw<OptionException>().Which.Option.Should().Be("wrong-labels");
        FluentActions.Invoking(() => new MakePreferences(new() { Pairs = 3, Validation = 0.9 })).Should().Throw<OptionException>().Which.Option.Should().Be("validation");
    }
}
