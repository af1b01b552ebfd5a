using DataflowRlhf.Learning.Training;
using DataflowRlhf.Stages.Training;

namespace DataflowRlhf.Stages.Tests;

public class RewardReportTests
{
    private static PairRow Row(bool? flipped) => new(new PreferencePair([5], [6], [7]), "validation", flipped, null, null);

    [Fact]
    public void A_tie_counts_one_half()
    {
        var facts = RewardReport.Of([Row(null), Row(null), Row(null), Row(null)], [1, 0, -2, 3], 10).ToDictionary(f => f.Name, f => f.Value);
        facts["original"]!.GetValue<double>().Should().Be(0.625);
        facts.Should().NotContainKeys("truth", "by_group");
        facts["mean_margin"]!.GetValue<double>().Should().Be(0.5);
    }

    [Fact]
    public void A_label_that_lies_is_right_on_its_head()
    {
        var facts = RewardReport.Of([Row(true), Row(true), Row(false), Row(false)], [-1, 1, 1, 1], 10).ToDictionary(f => f.Name, f => f.Value);
        facts["original"]!.GetValue<double>().Should().Be(0.75);
        facts["truth"]!.GetValue<double>().Should().Be(0.75);
        facts["agreement"]!.GetValue<double>().Should().Be(1);
        facts["agreement_rows"]!.GetValue<int>().Should().Be(2);
    }

    [Fact]
    public void A_sure_model_that_is_always_right_is_calibrated_and_one_always_wrong_is_not()
    {
        RewardReport.CalibrationError([20, 20, 30]).Should().BeLessThan(1e-6);
        RewardReport.CalibrationError([-20, -20, -30]).Should().BeApproximately(1, 1e-6);
        RewardReport.CalibrationError([0, 0]).Should().Be(0);
    }
}
