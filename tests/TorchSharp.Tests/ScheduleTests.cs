using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.optim.lr_scheduler;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class ScheduleTests : IDisposable
{
    private readonly Parameter x = new(zeros(1));

    public void Dispose() => x.Dispose();

    private double[] Rates(Func<optim.Optimizer, LRScheduler> make, int steps, double start = 0.1)
    {
        using var sgd = optim.SGD([x], start);
        var schedule = make(sgd);
        var rates = new List<double>();
        for (var i = 0; i < steps; i++, schedule.step())
        {
            rates.Add(sgd.ParamGroups.Single().LearningRate);
            schedule.get_last_lr().Should().Equal(rates[^1]);
        }
        return [.. rates];
    }

    public static TheoryData<string, Func<optim.Optimizer, LRScheduler>, double[]> Known() => new()
    {
        { "lambda", o => LambdaLR(o, e => e / 10.0), [0, 0.01, 0.02] },
        { "linear", o => LinearLR(o, 0.5, 1, 2), [0.05, 0.075, 0.1, 0.1] },
        { "cosine", o => CosineAnnealingLR(o, 4), [0.1, 0.085355, 0.05, 0.014645, 0] },
        { "cosine to a floor", o => CosineAnnealingLR(o, 2, 0.02), [0.1, 0.06, 0.02] },
        { "step", o => StepLR(o, 2, 0.1), [0.1, 0.1, 0.01, 0.01] },
        { "steps", o => MultiStepLR(o, [1, 3], 0.5), [0.1, 0.05, 0.05, 0.025] },
        { "constant", o => ConstantLR(o, 0.5, 2), [0.05, 0.05, 0.1] },
        { "exponential", o => ExponentialLR(o, 0.5), [0.1, 0.05, 0.025] },
        { "polynomial", o => PolynomialLR(o, 4, 2), [0.1, 0.05625, 0.025, 0.00625, 0, 0] },
        { "one after another", o => SequentialLR(o, [ConstantLR(o, 0.1, 2), ExponentialLR(o, 0.5)], [2]), [0.01, 0.01, 0.1, 0.05] },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void The_rate_is_set_at_once_and_at_every_step(string what, Func<optim.Optimizer, LRScheduler> make, double[] rates) =>
        Rates(make, rates.Length).Select(r => Math.Round(r, 6)).Should().Equal(rates, what);

    [Fact]
    public void Schedules_equal_the_golden_cases()
    {
        var held = 0;
        foreach (var golden in Some.Cases("lr_schedule.json"))
        {
            var (kind, warm, total) = (golden.GetProperty("kind").GetString(), golden.GetProperty("warmup_steps").GetInt32(), golden.GetProperty("total_steps").GetInt32());
            var rest = total - warm;
            Func<optim.Optimizer, LRScheduler>? make = kind switch
            {
                "cosine" => o => LambdaLR(o, e => e < warm ? (double)e / warm : (1 + Math.Cos(Math.PI * (e - warm) / rest)) / 2),
                "linear" => o => LambdaLR(o, e => e < warm ? (double)e / warm : Math.Max(0, (double)(total - e) / rest)),
                "constant_with_warmup" => o => LambdaLR(o, e => e < warm ? (double)e / warm : 1),
                "constant" => o => ConstantLR(o, 1),
                _ => null,
            };
            // Without a warm-up the built-in ones are the same up to their last step.
            var (built, until) = warm > 0 ? (null, 0) : kind switch
            {
                "cosine" => ((Func<optim.Optimizer, LRScheduler>)(o => CosineAnnealingLR(o, total)), total),
                "linear" => (o => PolynomialLR(o, total), total),
                _ => (null, 0),
            };
            var (expected, start) = (Some.Numbers(golden.GetProperty("lr")), golden.GetProperty("base_lr").GetDouble());
            foreach (var (schedule, steps) in new[] { (make, expected.Length), (built, until) }.Where(s => s.Item1 is not null))
            {
                Rates(schedule!, steps, start).Zip(expected).Should().AllSatisfy(p => p.First.Should().BeApproximately(p.Second, 1e-12), kind);
                held++;
            }
        }
        held.Should().Be(10);
    }

    [Fact]
    public void Schedules_in_a_row_want_a_milestone_between()
    {
        using var sgd = optim.SGD([x], 0.1);
        FluentActions.Invoking(() => SequentialLR(sgd, [ConstantLR(sgd)], [2])).Should().Throw<ArgumentException>().WithMessage("*1 schedulers, 1 milestones*");
    }

    [Fact]
    public void A_step_can_be_named()
    {
        using var sgd = optim.SGD([x], 0.1);
        var schedule = ExponentialLR(sgd, 0.5);
        schedule.step(3);
        sgd.ParamGroups.Single().LearningRate.Should().BeApproximately(0.0125, 1e-12);
    }
}
