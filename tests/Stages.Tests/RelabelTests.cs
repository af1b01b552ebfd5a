using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Tests;

public class RelabelTests
{
    private static readonly Column<string> Source = new("source");

    /// <summary>Five training rows of strengths −2, −0.5, 0, 1, 4 (the second label right, the first and third wrong) and a held-out one of −3.</summary>
    private static Batch Pairs()
    {
        float[] means = [-2, -0.5f, 0, 1, 4, -3];
        return Batch.Of(0, 6)
            .With(Columns.RowId, [.. means.Select((_, i) => $"row-{i}")])
            .With(Columns.Split, ["train", "train", "train", "train", "train", "validation"])
            .With(Columns.Chosen, [.. means.Select((_, i) => $"c{i}")])
            .With(Columns.Rejected, [.. means.Select((_, i) => $"r{i}")])
            .With(Columns.ChosenIds, [.. means.Select((_, i) => new[] { i, 100 })])
            .With(Columns.RejectedIds, [.. means.Select((_, i) => new[] { i, 200, 1 })])
            .With(Columns.ChosenScores, [.. means.Select(m => new[] { m, m + 1 })])
            .With(Columns.RejectedScores, [.. means.Select(_ => new[] { 0f, 1f })])
            .With(Columns.StrengthMean, means)
            .With(Columns.StrengthStd, [1, 1, 1, 1, 1, 1])
            .With(Columns.StrengthQuantile, [0, 0.2f, 0.4f, 0.6f, 0.8f, 0])
            .With(Columns.StrengthDecile, [0, 2, 4, 6, 8, 0])
            .With(Columns.VoterAgreement, [0, 0, 0, 1, 1, 0])
            .With(Columns.TruthFlipped, [true, false, true, false, false, true])
            .With(Columns.TruthMargin, [-1, 1, -1, 1, 1, -1])
            .With(Source, [.. means.Select((_, i) => $"s{i}")]);
    }

    private static async Task<TestStageRun> Run(Relabel.Options options, Batch? batch = null)
    {
        var run = new TestStageRun().With("pairs", batch ?? Pairs());
        await new Relabel(options).RunAsync(run);
        return run;
    }

    [Fact]
    public async Task Baseline_changes_nothing()
    {
        using var run = await Run(new() { Recipe = Recipe.Baseline });
        var (before, after) = (Pairs(), run.Emitted.Single());
        foreach (var column in before.Columns)
            after.Values(column).Should().BeEquivalentTo(before.Values(column), o => o.WithStrictOrdering(), column.Name);
        run.All(Columns.Margin).Should().OnlyContain(m => m == 0);
        run.All(Columns.Alpha).Should().OnlyContain(a => a == 0);
        run.All(Columns.Relabeled).Should().OnlyContain(f => !f);
        run.All(Columns.RelabelReason).Should().OnlyContain(r => r.StartsWith("kept"));
    }

    [Fact]
    public async Task Flip_swaps_texts_ids_and_scores_and_turns_the_strength()
    {
        using var run = await Run(new() { Recipe = Recipe.Flip });
        run.All(Columns.Chosen).Should().Equal("r0", "r1", "c2", "c3", "c4", "c5");
        run.All(Columns.Rejected).Should().Equal("c0", "c1", "r2", "r3", "r4", "r5");
        run.All(Columns.ChosenIds)[0].Should().Equal(0, 200, 1);
        run.All(Columns.RejectedIds)[0].Should().Equal(0, 100);
        run.All(Columns.ChosenScores)[1].Should().Equal(0, 1);
        run.All(Columns.RejectedScores)[1].Should().Equal(-0.5f, 0.5f);
        run.All(Columns.StrengthMean).Should().Equal(2, 0.5f, 0, 1, 4, -3);
        run.All(Columns.VoterAgreement).Should().Equal(1, 1, 0, 1, 1, 0);
        run.All(Columns.Relabeled).Should().Equal(true, true, false, false, false, false);
        run.All(Columns.Margin).Should().OnlyContain(m => m == 0);
    }

    [Fact]
    public async Task Ranks_in_a_list_stay_with_their_responses()
    {
        using var run = await Run(new() { Recipe = Recipe.Flip }, Pairs().With(Columns.ChosenRank, [1, 1, 2, 2, 3, 1]).With(Columns.RejectedRank, [2, 3, 3, 4, 4, 2]));
        run.All(Columns.ChosenRank).Should().Equal(2, 3, 2, 2, 3, 1);
        run.All(Columns.RejectedRank).Should().Equal(1, 1, 3, 4, 4, 2);
    }

    [Fact]
    public async Task What_was_planted_and_what_was_ranked_stays_as_it_came()
    {
        using var run = await Run(new() { Recipe = Recipe.FlipPlusMargin });
        run.All(Columns.TruthFlipped).Should().Equal(Pairs().Get(Columns.TruthFlipped));
        run.All(Columns.TruthMargin).Should().Equal(Pairs().Get(Columns.TruthMargin));
        run.All(Columns.StrengthQuantile).Should().Equal(Pairs().Get(Columns.StrengthQuantile));
        run.All(Source).Should().Equal("s0", "s1", "s2", "s3", "s4", "s5");
        run.All(Columns.RowId).Should().Equal(Pairs().Get(Columns.RowId));
    }

    [Theory]
    [InlineData(Recipe.Margin, new[] { -2, -0.5f, 0, 1, 4, 0 }, new[] { 0f, 0, 0, 0, 0, 0 })]
    [InlineData(Recipe.FlipPlusMargin, new[] { 2, 0.5f, 0, 1, 4, 0 }, new[] { 0f, 0, 0, 0, 0, 0 })]
    [InlineData(Recipe.SoftLabelPlusMargin, new[] { -2, -0.5f, 0, 1, 4, 0 }, new[] { 0.2f, 0.2f, 0, 0, 0, 0 })]
    public async Task Each_recipe_gives_its_margins_and_soft_labels(Recipe recipe, float[] margins, float[] alphas)
    {
        using var run = await Run(new() { Recipe = recipe });
        run.All(Columns.Margin).Should().Equal(margins);
        run.All(Columns.Alpha).Should().Equal(alphas);
        run.All(Columns.Relabeled).Count(f => f).Should().Be(recipe == Recipe.FlipPlusMargin ? 2 : 0);
    }

    [Fact]
    public async Task Ranks_choose_instead_of_strengths_and_a_flipped_margin_is_never_negative()
    {
        using var run = await Run(new() { FlipQuantile = 0.7f });
        run.All(Columns.Relabeled).Should().Equal(true, true, true, true, false, false);
        run.All(Columns.StrengthMean)[3].Should().Be(-1);
        run.All(Columns.Margin).Should().Equal(2, 0.5f, 0, 0, 4, 0);
        using var soft = await Run(new() { Recipe = Recipe.SoftLabelPlusMargin, SoftenQuantile = 0.2f, Alpha = 0.5f });
        soft.All(Columns.Alpha).Should().Equal(0.5f, 0, 0, 0, 0, 0);
    }

    [Fact]
    public async Task Thresholds_scale_and_cap_are_as_told()
    {
        using var flip = await Run(new() { Recipe = Recipe.Flip, FlipBelow = -1 });
        flip.All(Columns.Relabeled).Should().Equal(true, false, false, false, false, false);
        using var margin = await Run(new() { Recipe = Recipe.Margin, MarginScale = 0.5f, MarginCap = 0.8f });
        margin.All(Columns.Margin).Should().Equal(-0.8f, -0.25f, 0, 0.5f, 0.8f, 0);
    }

    [Fact]
    public async Task A_filter_keeps_a_range_of_ranks_and_every_held_out_row()
    {
        using var run = await Run(new() { Recipe = Recipe.Baseline, FilterBelowQuantile = 0.2f, FilterAboveQuantile = 0.6f });
        run.All(Columns.RowId).Should().Equal("row-1", "row-2", "row-5");
        run.Summary["filtered"]!.GetValue<int>().Should().Be(3);
        run.Summary["rows"]!.GetValue<long>().Should().Be(3);
        using var lost = new TestStageRun().With("pairs", Pairs());
        (await FluentActions.Awaiting(() => new Relabel(new() { FilterBelowQuantile = 0.9f }).RunAsync(lost)).Should().ThrowAsync<StageException>()).WithMessage("*dropped all 5*");
    }

    [Fact]
    public async Task Without_a_split_column_every_row_is_a_training_row()
    {
        using var run = await Run(new() { Recipe = Recipe.Flip }, Pairs().Without("split"));
        run.All(Columns.Relabeled).Should().Equal(true, true, false, false, false, true);
    }

    [Fact]
    public async Task Strengths_alone_are_enough()
    {
        using var run = await Run(new(), Batch.Of(0, 2).With(Columns.StrengthMean, [-1f, 2]));
        run.All(Columns.StrengthMean).Should().Equal(1, 2);
        run.All(Columns.Margin).Should().Equal(1, 2);
        run.Summary.Should().NotContainKeys("auc", "precision", "wrong_labels");
        new Relabel(new()).Ports.Inputs.OfType<DatasetPort>().Single().Needs.Should().Equal(Columns.StrengthMean);
        new Relabel(new() { FlipQuantile = 0.2f }).Ports.Inputs.OfType<DatasetPort>().Single().Needs.Should().Equal(Columns.StrengthMean, Columns.StrengthQuantile);
    }

    [Fact]
    public async Task Every_row_says_why()
    {
        using var run = await Run(new());
        run.All(Columns.RelabelReason).Should().Equal(
            "flipped: strength_mean -2 < 0", "flipped: strength_mean -0.5 < 0", "kept: strength_mean 0 >= 0", "kept: strength_mean 1 >= 0", "kept: strength_mean 4 >= 0", "kept: split validation");
        using var soft = await Run(new() { Recipe = Recipe.SoftLabelPlusMargin, SoftenQuantile = 0.1f });
        soft.All(Columns.RelabelReason)[..2].Should().Equal("softened: strength_quantile 0 < 0.1", "kept: strength_quantile 0.2 >= 0.1");
    }

    [Fact]
    public async Task Flips_are_held_against_the_planted_truth()
    {
        using var run = await Run(new());
        run.Summary["flipped"]!.GetValue<int>().Should().Be(2);
        run.Summary["wrong_labels"]!.GetValue<int>().Should().Be(2);
        run.Summary["precision"]!.GetValue<double>().Should().Be(0.5, "row-0 was wrong, row-1 was not");
        run.Summary["recall"]!.GetValue<double>().Should().Be(0.5, "row-2 stayed wrong");
        run.Summary["auc"]!.GetValue<double>().Should().BeApproximately(5 / 6.0, 1e-12, "of six wrong-right pairs only row-2 and row-1 stand the wrong way");
        run.Said.Should().HaveCount(2);
        run.Said[1].Should().Contain("50.0").And.Contain("AUC 0.833");
    }

    [Fact]
    public async Task A_strength_that_is_no_number_is_put_aside()
    {
        using var run = await Run(new(), Batch.Of(0, 3).With(Columns.StrengthMean, [-1f, float.NaN, 2]));
        run.All(Columns.StrengthMean).Should().Equal(1, 2);
        run.Quarantined.Should().ContainSingle().Which.Row.Should().Be(1);
    }

    public static TheoryData<string, Relabel.Options> Contradictions() => new()
    {
        { "flip-below", new() { Recipe = Recipe.Margin, FlipBelow = 1 } },
        { "flip-quantile", new() { Recipe = Recipe.SoftLabelPlusMargin, FlipQuantile = 0.2f } },
        { "flip-quantile", new() { FlipBelow = -1, FlipQuantile = 0.2f } },
        { "soften-below", new() { SoftenBelow = 1 } },
        { "soften-quantile", new() { SoftenQuantile = 0.2f } },
        { "soften-quantile", new() { Recipe = Recipe.SoftLabelPlusMargin, SoftenBelow = 1, SoftenQuantile = 0.2f } },
        { "alpha", new() { Alpha = 0.1f } },
        { "margin-scale", new() { Recipe = Recipe.Flip, MarginScale = 2 } },
        { "margin-cap", new() { Recipe = Recipe.Baseline, MarginCap = 2 } },
        { "filter-below-quantile", new() { FilterBelowQuantile = 0.5f, FilterAboveQuantile = 0.5f } },
        { "filter-below-quantile", new() { FilterBelowQuantile = 1 } },
        { "filter-above-quantile", new() { FilterAboveQuantile = 0 } },
    };

    [Theory]
    [MemberData(nameof(Contradictions), DisableDiscoveryEnumeration = true)]
    public void Options_that_contradict_each_other_are_refused_by_name(string option, Relabel.Options options)
    {
        var refused = FluentActions.Invoking(() => new Relabel(options)).Should().Throw<OptionException>().Which;
        refused.Option.Should().Be(option);
        refused.Write.Should().NotBeNullOrEmpty();
    }
}
