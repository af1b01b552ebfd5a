using DataflowRlhf.Learning.Training;
using TorchSharp;

namespace DataflowRlhf.Learning.Tests.Training;

public sealed class TrainingLoopTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("training-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static readonly RewardSettings WithDropout = new() { Dropout = 0.1, Contrast = Contrast.Swav, Prototypes = 4, Queue = 6, Temperature = 0.1, Seed = 2 };

    [Fact]
    public void The_loss_falls()
    {
        using var model = Tiny.Reward();
        var curves = new TrainingLoop(Tiny.Trainer(model, Tiny.Pairs(256)), Tiny.Settings() with { Epochs = 3 }).Run();
        curves["loss"].Should().HaveCount(48);
        curves.Final("loss").Should().BeLessThan(0.5 * curves["loss"][0].Value);
        curves.Names.Should().Contain(["loss", "accuracy", "lr", "grad_norm"]);
    }

    [Fact]
    public void Equal_seeds_give_equal_weights()
    {
        float[] Train(ulong seed)
        {
            using var model = Tiny.Reward();
            var trainer = Tiny.Trainer(model, Tiny.Pairs(48), WithDropout);
            new TrainingLoop(trainer, Tiny.Settings() with { Seed = seed }).Run();
            return Tiny.Bits(trainer);
        }
        var first = Train(1);
        Train(1).Should().Equal(first);
        Train(2).Should().NotEqual(first, "the dropout masks differ");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    public void A_resumed_run_is_the_undisturbed_one_bit_for_bit(int killedAfter)
    {
        var settings = Tiny.Settings(batch: 8) with { Epochs = 2, CheckpointEvery = 2, WeightDecay = 0.01 };
        using var undisturbed = Tiny.Reward();
        var expected = Tiny.Trainer(undisturbed, Tiny.Pairs(44), WithDropout);
        var curves = new TrainingLoop(expected, settings).Run();

        settings = settings with { CheckpointFolder = folder };
        using var killed = Tiny.Reward();
        var loop = new TrainingLoop(Tiny.Trainer(killed, Tiny.Pairs(44), WithDropout), settings)
        {
            OnStep = (done, _) => { if (done == killedAfter) throw new OperationCanceledException(); },
        };
        loop.Invoking(l => l.Run()).Should().Throw<OperationCanceledException>();

        using var fresh = Tiny.Reward(seed: 77);
        var resumed = Tiny.Trainer(fresh, Tiny.Pairs(44), WithDropout);
        var (steps, from) = (new List<long>(), new List<long>());
        var again = new TrainingLoop(resumed, settings) { OnStep = (done, _) => steps.Add(done), OnResumed = (done, total) => from.AddRange([done, total]) }.Run();

        from.Should().Equal((killedAfter - 1) / 2 * 2, 12);
        steps[0].Should().Be((killedAfter - 1) / 2 * 2, "it goes on from the last checkpoint");
        Tiny.Bits(resumed).Should().Equal(Tiny.Bits(expected));
        again["loss"].Should().Equal(curves["loss"], "the curve is whole");
    }

    [Fact]
    public void A_loss_that_is_no_number_from_the_start_is_not_put_down_to_the_learning_rate()
    {
        using var model = Tiny.Reward();
        using (torch.no_grad())
            model.parameters().First().fill_(float.NaN);
        var loop = new TrainingLoop(Tiny.Trainer(model, Tiny.Pairs(32)), Tiny.Settings());
        loop.Invoking(l => l.Run()).Should().Throw<TrainingDivergedException>()
            .WithMessage("Step 1 of 2: the loss is NaN; it must be finite. No step of this training made it so: *weights of the model it starts from*")
            .Which.Step.Should().Be(1);
    }

    [Fact]
    public void A_loss_that_explodes_ends_in_the_same_message()
    {
        using var model = Tiny.Reward();
        var pairs = Tiny.Pairs(32).Select(p => p with { Margin = 1e9f });
        var loop = new TrainingLoop(Tiny.Trainer(model, Tiny.Pairs(64).Concat(pairs)), Tiny.Settings(batch: 1, rate: 1e-4));
        loop.Invoking(l => l.Run()).Should().Throw<TrainingDivergedException>().WithMessage("*the loss is 1E+09 at learning rate *must not explode. Try a smaller learning-rate (such as *margins*");
    }

    [Fact]
    public void Stops_when_told()
    {
        using var model = Tiny.Reward();
        using var stop = new CancellationTokenSource();
        var loop = new TrainingLoop(Tiny.Trainer(model, Tiny.Pairs(64)), Tiny.Settings()) { OnStep = (done, _) => { if (done == 2) stop.Cancel(); } };
        loop.Invoking(l => l.Run(stop.Token)).Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void Max_steps_ends_it_sooner_and_the_last_batch_of_an_epoch_may_be_small()
    {
        using var model = Tiny.Reward();
        var trainer = Tiny.Trainer(model, Tiny.Pairs(20));
        new TrainingLoop(trainer, Tiny.Settings() with { Epochs = 2 }).TotalSteps.Should().Be(4);
        new TrainingLoop(trainer, Tiny.Settings() with { Epochs = 2, MaxSteps = 3 }).Run()["loss"].Should().HaveCount(3);
    }

    [Fact]
    public void Measures_on_the_side_now_and_then_and_at_the_end()
    {
        using var model = Tiny.Reward();
        var held = Tiny.Pairs(16, seed: 9);
        var trainer = Tiny.Trainer(model, Tiny.Pairs(80));
        IEnumerable<(string, double)> Measure()
        {
            yield return ("validation_loss", trainer.Measure(held, 1000).Loss);
        }
        var curves = new TrainingLoop(trainer, Tiny.Settings() with { EvaluateEvery = 2 }) { Evaluate = Measure }.Run();
        curves["validation_loss"].Select(p => p.Step).Should().Equal(2, 4, 5);
    }

    [Fact]
    public void Nothing_of_a_step_outlives_it()
    {
        using var model = Tiny.Reward();
        var counts = new List<long>();
        var loop = new TrainingLoop(Tiny.Trainer(model, Tiny.Pairs(160), WithDropout), Tiny.Settings())
        {
            OnStep = (_, _) => counts.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount),
        };
        loop.Run();
        counts.Skip(1).Distinct().Should().ContainSingle();
    }
}
