using System.Text.Json.Nodes;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Tests;

public class AnnotateStrengthTests
{
    private static readonly Column<string> Source = new("source");

    /// <summary>Rows whose two voters give d − 1 and d + 1.</summary>
    private static Batch Scored(string split, params float[] differences) => Batch.Of(0, differences.Length)
        .With(Columns.RowId, [.. differences.Select((_, i) => $"{split}-{i}")])
        .With(Columns.Split, [.. differences.Select(_ => split)])
        .With(Source, [.. differences.Select(d => $"source of {d}")])
        .With(Columns.ChosenScores, [.. differences.Select(d => new[] { d, d + 2 })])
        .With(Columns.RejectedScores, [.. differences.Select(_ => new[] { 1f, 1f })]);

    private static async Task<TestStageRun> Annotate(params Batch[] batches)
    {
        var run = new TestStageRun().With("pairs", batches);
        await new AnnotateStrength(new()).RunAsync(run);
        return run;
    }

    [Fact]
    public async Task Adds_mean_std_and_agreement_of_every_row_and_passes_the_rest_on()
    {
        using var run = await Annotate(Scored("train", 3, -0.5f, 1), Scored("train", -4));
        run.All(Columns.StrengthMean).Should().Equal(3, -0.5f, 1, -4);
        run.All(Columns.StrengthStd).Should().Equal(1, 1, 1, 1);
        run.All(Columns.VoterAgreement).Should().Equal(1, 0.5f, 0.5f, 0);
        run.All(Source)[3].Should().Be("source of -4");
        run.Emitted.Select(b => b.Rows).Should().Equal(3, 1);
    }

    [Fact]
    public async Task Equal_strengths_share_their_rank()
    {
        using var run = await Annotate(Scored("train", 2, 1, 1, 5));
        run.All(Columns.StrengthQuantile).Should().Equal(0.5f, 0, 0, 0.75f);
        run.All(Columns.StrengthDecile).Should().Equal(5, 0, 0, 7);
    }

    [Fact]
    public async Task Held_out_rows_are_placed_against_the_training_rows()
    {
        using var run = await Annotate(Scored("validation", -100, 2.5f, 100), Scored("train", [.. Enumerable.Range(0, 10).Select(i => (float)i)]), Scored("ood", 0));
        run.All(Columns.StrengthQuantile)[..3].Should().Equal(0, 0.3f, 1);
        run.All(Columns.StrengthDecile)[..3].Should().Equal(0, 3, 9);
        run.All(Columns.StrengthDecile)[3..13].Should().Equal(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        run.All(Columns.StrengthQuantile)[13].Should().Be(0);
        run.Summary["ranked_rows"]!.GetValue<int>().Should().Be(10);
        run.Summary["rows"]!.GetValue<long>().Should().Be(14);
    }

    [Fact]
    public async Task Without_training_rows_or_splits_all_rows_are_ranked()
    {
        using var validation = await Annotate(Scored("validation", 1, 0));
        validation.All(Columns.StrengthQuantile).Should().Equal(0.5f, 0);
        using var bare = await Annotate(Scored("x", 1, 0, 3, 2).Without("split"));
        bare.All(Columns.StrengthQuantile).Should().Equal(0.25f, 0, 0.75f, 0.5f);
    }

    [Fact]
    public async Task Summarises_the_histogram_and_twenty_groups()
    {
        var differences = Enumerable.Range(0, 200).Select(i => (i * 37 % 200 - 50) / 10f).ToArray();
        using var run = await Annotate(Scored("train", differences));
        var groups = run.Summary["groups"]!.AsArray();
        groups.Should().HaveCount(20);
        groups.Sum(g => g!["rows"]!.GetValue<int>()).Should().Be(200);
        groups[0]!["mean"]!.GetValue<double>().Should().BeApproximately(-4.55, 1e-5, "the mean of -5.0 … -4.1");
        groups[19]!["mean"]!.GetValue<double>().Should().BeApproximately(14.45, 1e-5);
        groups[7]!["std"]!.GetValue<double>().Should().BeApproximately(1, 1e-5);
        var histogram = run.Summary["histogram"]!;
        histogram["counts"]!.AsArray().Sum(c => c!.GetValue<int>()).Should().Be(200);
        histogram["edges"]!.AsArray().Count.Should().Be(histogram["counts"]!.AsArray().Count + 1);
        run.Summary["below_zero"]!.GetValue<double>().Should().Be(0.25);
        run.Summary.Should().NotContainKey("auc");
        run.Said.Should().ContainSingle().Which.Should().Contain("25.0 %").And.NotContain("planted");
    }

    [Fact]
    public async Task Where_the_truth_is_known_strengths_are_held_against_it()
    {
        using var run = await Annotate(Scored("train", -2, -1, 1, 2).With(Columns.TruthFlipped, [true, false, true, false]));
        run.Summary["auc"]!.GetValue<double>().Should().Be(0.75);
        run.Summary["wrong_share"]!.GetValue<double>().Should().Be(0.5);
        run.Summary["groups"]!.AsArray().Select(g => g!["right_labels"]!.GetValue<double>()).Should().Equal(0, 1, 0, 1);
        run.Said.Single().Should().Contain("AUC 0.750");
    }

    [Fact]
    public async Task Rows_whose_scores_are_no_ensembles_are_put_aside()
    {
        var batch = Scored("train", 1, 2, 3, 4, 5);
        var chosen = batch.Get(Columns.ChosenScores).ToArray();
        (chosen[1], chosen[2], chosen[3]) = ([], [1, float.NaN], [1, 2, 3]);
        using var run = await Annotate(batch.With(Columns.ChosenScores, chosen));
        run.All(Columns.RowId).Should().Equal("train-0", "train-4");
        run.All(Columns.StrengthQuantile).Should().Equal(0, 0.5f);
        run.Quarantined.Select(q => q.RowId).Should().Equal("train-1", "train-2", "train-3");
        run.Quarantined[1].Reason.Should().Contain("finite");
    }

    [Fact]
    public async Task Nothing_scored_is_said()
    {
        using var run = new TestStageRun().With("pairs");
        (await FluentActions.Awaiting(() => new AnnotateStrength(new()).RunAsync(run)).Should().ThrowAsync<StageException>()).WithMessage("*score-ensemble*");
    }

    [Fact]
    public async Task One_voter_has_no_spread_and_a_warning()
    {
        var batch = Batch.Of(0, 1).With(Columns.ChosenScores, [[2f]]).With(Columns.RejectedScores, [[1f]]);
        using var run = await Annotate(batch);
        run.All(Columns.StrengthStd).Should().Equal(0);
        run.Warned.Should().ContainSingle().Which.Should().Contain("one voter");
    }

    [Fact]
    public void Needs_the_whole_dataset() => new AnnotateStrength(new()).Ports.Inputs.OfType<DatasetPort>().Single().Streams.Should().BeFalse("ranks are among all rows");
}
