using DataflowRlhf.Learning.Training;

namespace DataflowRlhf.Learning.Tests.Training;

public sealed class LossWatchTests
{
    private static (int Step, string Problem)? First(IEnumerable<double> losses)
    {
        var watch = new LossWatch();
        foreach (var (step, loss) in losses.Select((l, i) => (i + 1, l)))
            if (watch.See(loss) is { } problem)
                return (step, problem);
        return null;
    }

    private static IEnumerable<double> Falling(int steps, double from) => Enumerable.Range(0, steps).Select(i => from / (1 + (0.05 * i)));

    [Fact]
    public void Training_that_goes_well_is_left_alone()
    {
        First(Falling(500, 11)).Should().BeNull();
        First(Falling(500, 0.7).Select((l, i) => i % 9 == 0 ? 9.5 : l)).Should().BeNull("a small loss may jump");
        First(Falling(100, 2).Select((l, i) => i > 20 && i % 3 == 0 ? 300 : l)).Should().BeNull("single odd batches pass");
        First(Enumerable.Repeat(0.0, 50).Concat(Enumerable.Repeat(8.0, 50))).Should().BeNull("losses below 10 are no explosion");
        First(Enumerable.Repeat(-4000.0, 50)).Should().BeNull();
    }

    [Fact]
    public void Eight_steps_in_a_row_far_above_the_median_are_an_explosion()
    {
        var (step, problem) = First(Falling(50, 2).Concat(Enumerable.Repeat(60.0, 20)))!.Value;
        step.Should().Be(58);
        problem.Should().Contain("8 steps in a row").And.Contain("median of 1");
    }

    [Fact]
    public void A_training_that_explodes_from_its_first_steps_on_is_stopped_as_well()
    {
        var (step, problem) = First([6.1, .. Enumerable.Repeat(900.0, 20)])!.Value;
        step.Should().Be(9);
        problem.Should().Contain("8 steps in a row are above 100 times the first of 6.1");
        First([6.1, .. Enumerable.Repeat(400.0, 20), .. Enumerable.Repeat(3.0, 20)]).Should().BeNull("many a start is rough");
    }

    [Fact]
    public void One_step_ten_thousand_times_the_first_is_enough_and_so_is_none_that_is_a_number()
    {
        First([3, 2, 40_000])!.Value.Step.Should().Be(3);
        First([3, 2, double.NaN])!.Value.Should().Be((3, "it must be finite"));
        First([double.PositiveInfinity])!.Value.Step.Should().Be(1);
    }

    [Fact]
    public void Odd_steps_are_counted_back_to_the_last_calm_one()
    {
        var watch = new LossWatch();
        foreach (var loss in Falling(30, 2))
            watch.See(loss);
        (watch.Calm, watch.Odd).Should().Be((true, 0));
        watch.See(90);
        watch.See(90);
        watch.See(double.NaN);
        (watch.Calm, watch.Odd).Should().Be((false, 3));
    }
}
