using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Training;
using TorchSharp;

namespace DataflowRlhf.Learning.Tests.Training;

/// <summary>What a training that ended too soon leaves, and what the next one makes of it.</summary>
public sealed class CheckpointTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("checkpoint-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string[] Files => [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal)];

    /// <summary>8 steps of 5 examples, two epochs.</summary>
    private static TrainingSettings Settings => Tiny.Settings(batch: 5) with { Epochs = 2, WeightDecay = 0.01, TokensPerPass = 60 };

    /// <summary>Every objective there is, with all that it keeps from step to step.</summary>
    private static (ITrainingObjective Objective, torch.nn.Module Model) Make(string kind)
    {
        var pairs = Tiny.Pairs(20);
        if (kind.StartsWith("sft", StringComparison.Ordinal))
        {
            var language = Tiny.Language();
            language.Decoder.Dropout = 0.1;
            if (kind == "sft lora")
                language.Adapt(new() { Rank = 2, Alpha = 4 }, 1);
            return (new SftTrainer(language, [.. pairs.Select(p => new SftExample(p.Prompt, p.Chosen))], false, torch.CPU), language);
        }
        var model = ModelFolder.CreateReward(Tiny.Config, 3, torch.CPU, kind == "bfloat16" ? torch.ScalarType.BFloat16 : null);
        if (kind == "lora")
            model.Decoder.Adapt(new() { Rank = 2, Alpha = 4 }, 1);
        RewardSettings settings = kind switch
        {
            "simcse" => new() { Dropout = 0.1, Contrast = Contrast.Simcse, Temperature = 0.05 },
            "swav" => new() { Dropout = 0.1, Contrast = Contrast.Swav, Prototypes = 4, Queue = 6, Temperature = 0.1, Seed = 2 },
            "k-wise" => new() { Listwise = true, Centring = 0.01 },
            _ => new() { Dropout = 0.1 },
        };
        ITrainingObjective objective = kind switch
        {
            "meta" => new MetaTrainer(model, pairs, [.. pairs.Take(7).Select(p => new PackedGroup(p.Prompt, [p.Chosen, p.Rejected]))], 3, 0.1, 4, torch.CPU),
            "comparisons" => new RewardTrainer(model, null, [.. pairs.Chunk(2).SelectMany(p => new[] { ComparisonGroup.Of([p[0], p[0] with { Rejected = p[1].Rejected }]), ComparisonGroup.Of(p[1]) })], settings, torch.CPU),
            "k-wise" => new RewardTrainer(model, null, [.. pairs.Zip(pairs.Skip(1)).Append((pairs[^1], pairs[0])).Select(p => ComparisonGroup.Ranked(p.Item1.Prompt, [p.Item1.Chosen, p.Item1.Rejected, p.Item2.Rejected]))], settings, torch.CPU),
            _ => Tiny.Trainer(model, pairs, settings),
        };
        return (objective, model);
    }

    private static float[] Bits(ITrainingObjective objective) => [.. objective.Parameters.SelectMany(p => Tiny.Values(p.Parameter.to(torch.ScalarType.Float32)))];

    /// <summary>Trains to the end; also gives every point in the order told.</summary>
    private static (float[] Bits, List<(string, long, double)> Points, List<string> Warned) Train(string kind, TrainingSettings settings)
    {
        var (objective, model) = Make(kind);
        using (model)
        {
            List<(string, long, double)> points = [];
            List<string> warned = [];
            new TrainingLoop(objective, settings) { OnPoint = (n, s, v) => points.Add((n, s, v)), Warn = warned.Add }.Run();
            return (Bits(objective), points, warned);
        }
    }

    /// <summary>Trains until a step, and ends as a killed process does: nothing more is written.</summary>
    private static void Kill(string kind, TrainingSettings settings, long after)
    {
        var (objective, model) = Make(kind);
        using (model)
            new TrainingLoop(objective, settings) { OnStep = (done, _) => { if (done == after) throw new IOException("killed"); } }.Invoking(l => l.Run()).Should().Throw<IOException>();
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("simcse")]
    [InlineData("swav")]
    [InlineData("comparisons")]
    [InlineData("k-wise")]
    [InlineData("lora")]
    [InlineData("bfloat16")]
    [InlineData("meta")]
    [InlineData("sft")]
    [InlineData("sft lora")]
    public void Every_objective_goes_on_to_the_same_bits_and_the_same_curves(string kind)
    {
        var whole = Train(kind, Settings);
        Kill(kind, Settings with { CheckpointFolder = folder, CheckpointEvery = 3 }, after: 5);
        var resumed = Train(kind, Settings with { CheckpointFolder = folder, CheckpointEvery = 3 });
        resumed.Bits.Should().Equal(whole.Bits);
        resumed.Points.Should().Equal(whole.Points, "the listener hears them in the same order, too");
        resumed.Warned.Should().BeEmpty();
    }

    [Fact]
    public void The_newest_two_are_kept_and_nothing_half_written()
    {
        File.WriteAllText(Path.Combine(folder, "torn.tmp"), "half");
        Kill("plain", Settings with { CheckpointFolder = folder, CheckpointEvery = 2 }, after: 7);
        Files.Select(Path.GetFileName).Should().HaveCount(2).And.SatisfyRespectively(
            f => f.Should().MatchRegex("^step-000000004-[0-9a-f]{8}\\.safetensors$"), f => f.Should().MatchRegex("^step-000000006-[0-9a-f]{8}\\.safetensors$"));
    }

    [Theory]
    [InlineData("torn")]
    [InlineData("flipped")]
    [InlineData("empty")]
    [InlineData("foreign")]
    public void A_damaged_newest_one_falls_back_to_the_one_before(string damage)
    {
        var settings = Settings with { CheckpointFolder = folder, CheckpointEvery = 2 };
        Kill("plain", settings, after: 7);
        Damage(Files[1], damage);
        var (bits, points, warned) = Train("plain", settings);
        warned.Should().ContainSingle().Which.Should().Contain("step-000000006").And.Contain("goes on from the one before it, 4");
        var whole = Train("plain", Settings);
        bits.Should().Equal(whole.Bits);
        points.Should().Equal(whole.Points);
        Files.Should().HaveCount(2, "the damaged one has made room");
    }

    [Fact]
    public void Where_all_are_damaged_it_starts_anew_and_says_so()
    {
        var settings = Settings with { CheckpointFolder = folder, CheckpointEvery = 2 };
        Kill("plain", settings, after: 7);
        Damage(Files[0], "torn");
        Damage(Files[1], "flipped");
        var (bits, _, warned) = Train("plain", settings);
        warned.Should().HaveCount(2);
        warned[1].Should().Contain("starts anew");
        bits.Should().Equal(Train("plain", Settings).Bits);
    }

    private void Damage(string file, string damage)
    {
        var bytes = File.ReadAllBytes(file);
        if (damage == "foreign")
        {
            // Whole, but of a model of another size.
            using var other = ModelFolder.CreateReward(Tiny.Config with { FfnSize = 32 }, 1, torch.CPU);
            var elsewhere = Directory.CreateTempSubdirectory("foreign-").FullName;
            new TrainingLoop(Tiny.Trainer(other, Tiny.Pairs(20)), Settings with { MaxSteps = 7, CheckpointFolder = elsewhere, CheckpointEvery = 6 }).Run();
            File.Delete(file);
            File.Move(Directory.GetFiles(elsewhere).Single(), Path.Combine(folder, Path.GetFileName(Directory.GetFiles(elsewhere).Single())));
            Directory.Delete(elsewhere);
            return;
        }
        if (damage == "flipped")
            bytes[^7] ^= 16;
        File.WriteAllBytes(file, damage == "torn" ? bytes[..(bytes.Length / 2)] : damage == "empty" ? [] : bytes);
    }

    [Fact]
    public void Told_to_stop_it_ends_behind_the_step_and_keeps_it()
    {
        var settings = Settings with { CheckpointFolder = folder, CheckpointEvery = 100 };
        Stop("swav", settings, after: 5);
        Files.Should().ContainSingle().Which.Should().Contain("step-000000005");
        Train("swav", settings).Bits.Should().Equal(Train("swav", Settings).Bits);
        Stop("swav", settings with { CheckpointEvery = 0 }, after: 6); // goes on from 5, and keeps none
        Files.Should().ContainSingle();
    }

    private static void Stop(string kind, TrainingSettings settings, long after)
    {
        using var stop = new CancellationTokenSource();
        var (objective, model) = Make(kind);
        using (model)
        {
            long last = 0;
            var loop = new TrainingLoop(objective, settings) { OnStep = (done, _) => { if ((last = done) == after) stop.Cancel(); } };
            loop.Invoking(l => l.Run(stop.Token)).Should().Throw<OperationCanceledException>();
            last.Should().Be(after);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void A_stop_within_a_measurement_costs_the_measurement_alone(long at)
    {
        var settings = Settings with { EvaluateEvery = 4 };
        var whole = Measured(settings, null);
        settings = settings with { CheckpointFolder = folder, CheckpointEvery = 100 };
        using var stop = new CancellationTokenSource();
        FluentActions.Invoking(() => Measured(settings, step =>
        {
            if (step != at)
                return;
            stop.Cancel();
            stop.Token.ThrowIfCancellationRequested();
        }, stop.Token)).Should().Throw<OperationCanceledException>();
        Files.Should().ContainSingle().Which.Should().Contain($"step-00000000{at}");
        Measured(settings, null).Should().Equal(whole);
    }

    private static List<(string, long, double)> Measured(TrainingSettings settings, Action<long>? within, CancellationToken stopping = default)
    {
        var (objective, model) = Make("plain");
        using (model)
        {
            List<(string Name, long Step, double)> points = [];
            var loop = new TrainingLoop(objective, settings)
            {
                OnPoint = (n, s, v) => points.Add((n, s, v)),
                Evaluate = () =>
                {
                    within?.Invoke(points[^1].Step);
                    return [("validation_loss", ((RewardTrainer)objective).Measure(Tiny.Pairs(6, seed: 9), 1000).Loss)];
                },
            };
            loop.Run(stopping);
            return points;
        }
    }

    [Fact]
    public void Time_makes_one_due_where_steps_are_long()
    {
        var clock = new Clock();
        var kept = new List<long>();
        var (objective, model) = Make("plain");
        using (model)
        {
            new TrainingLoop(objective, Settings with { CheckpointFolder = folder, CheckpointInterval = TimeSpan.FromMinutes(10), Time = clock })
            {
                OnStep = (done, _) =>
                {
                    kept.Add(Files.Length == 0 ? 0 : int.Parse(Path.GetFileName(Files[^1])[5..14]));
                    clock.Pass(TimeSpan.FromMinutes(4));
                },
            }.Run();
        }
        kept.Should().Equal(0, 0, 0, 3, 3, 3, 6, 6); // 12 minutes, and 12 again
    }

    private sealed class Clock : TimeProvider
    {
        private TimeSpan now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now.Ticks;

        public void Pass(TimeSpan time) => now += time;
    }

    [Fact]
    public void A_training_that_diverges_leaves_the_last_good_checkpoint_and_says_what_to_try()
    {
        // The fourth step throws the weights away; the fifth sees it.
        var settings = Settings with { CheckpointFolder = folder, CheckpointEvery = 1, RateAt = (done, _) => done == 3 ? 1e30 : 1e-3 };
        FluentActions.Invoking(() => Train("plain", settings)).Should().Throw<TrainingDivergedException>()
            .WithMessage("Step 5 of 8: the gradient norm is NaN at learning rate 0.001 (loss *, the loss before *); it must be finite. Try a smaller learning-rate (such as 0.0002), *The checkpoint of step 3 is kept: the same command goes on from there, a changed option starts anew.");
        Files.Should().ContainSingle().Which.Should().Contain("step-000000003");
        Train("plain", Settings with { CheckpointFolder = folder }).Points.Should().HaveCountGreaterThan(8);
    }

    [Fact]
    public void Weights_that_are_no_numbers_are_neither_kept_nor_handed_on()
    {
        // The last step's rate overflows the weights, and no loss is there to tell.
        var settings = Settings with { CheckpointFolder = folder, CheckpointEvery = 2, RateAt = (done, _) => done == 7 ? double.PositiveInfinity : 1e-3 };
        FluentActions.Invoking(() => Train("plain", settings)).Should().Throw<TrainingDivergedException>().WithMessage("Step 8 of 8: after it 'weight.*' holds a value that is not finite. Try*step 6 is kept*");
        FluentActions.Invoking(() => Train("plain", settings with { RateAt = (done, _) => done == 1 ? double.PositiveInfinity : 1e-3 })).Should().NotThrow("it goes on from step 6");
    }

    [Fact]
    public void Tensors_do_not_gather_with_the_checkpoints()
    {
        var (objective, model) = Make("swav");
        var counts = new List<long>();
        using (model)
        {
            new TrainingLoop(objective, Settings with { Epochs = 10, CheckpointFolder = folder, CheckpointEvery = 1 })
            {
                OnStep = (_, _) => counts.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount),
            }.Run();
        }
        counts.Skip(1).Distinct().Should().ContainSingle();
    }
}
