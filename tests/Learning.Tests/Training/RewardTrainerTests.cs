using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Training;
using TorchSharp;

namespace DataflowRlhf.Learning.Tests.Training;

public class RewardTrainerTests
{
    [Fact]
    public void Learns_an_obvious_rule()
    {
        using var model = Tiny.Reward();
        var trainer = Tiny.Trainer(model, Tiny.Pairs(400));
        new TrainingLoop(trainer, Tiny.Settings() with { Epochs = 3 }).Run();
        trainer.Measure(Tiny.Pairs(200, seed: 1000), 4000).Accuracy.Should().BeGreaterThan(0.9);
    }

    [Fact]
    public void Its_loss_is_the_formula_of_each_row()
    {
        using var model = Tiny.Reward();
        var pairs = Tiny.Pairs(6).Select((p, i) => p with { Margin = 0.3f * i, Alpha = i % 2 * 0.25f }).ToList();
        var trainer = Tiny.Trainer(model, pairs, new RewardSettings { Centring = 0.01 });
        var scores = RewardScorer.Score(model, pairs, 1000, torch.CPU);
        var expected = pairs.Zip(scores, (p, s) =>
        {
            double x = s.Chosen - s.Rejected - p.Margin, sum = s.Chosen + s.Rejected;
            return (1 - p.Alpha) * Math.Log(1 + Math.Exp(-x)) + p.Alpha * Math.Log(1 + Math.Exp(x)) + 0.01 * sum * sum;
        }).Average();
        Tiny.Gradients(trainer).Loss.Should().BeApproximately(expected, 1e-5);
    }

    [Fact]
    public void A_margin_raises_the_loss_and_a_flipped_label_turns_the_gradient()
    {
        using var model = Tiny.Reward();
        var pairs = Tiny.Pairs(8);
        var plain = Tiny.Gradients(Tiny.Trainer(model, pairs));
        Tiny.Gradients(Tiny.Trainer(model, pairs.Select(p => p with { Margin = 2 }))).Loss.Should().BeGreaterThan(plain.Loss);
        var flipped = Tiny.Gradients(Tiny.Trainer(model, pairs.Select(p => p with { Alpha = 1 })));
        var swapped = Tiny.Gradients(Tiny.Trainer(model, pairs.Select(p => new PreferencePair(p.Prompt, p.Rejected, p.Chosen))));
        Tiny.Distance(flipped.Gradients, swapped.Gradients).Should().BeLessThan(1e-4);
    }

    [Theory]
    [InlineData(Contrast.None, ContrastOn.Pairs)]
    [InlineData(Contrast.Simcse, ContrastOn.Differences)]
    [InlineData(Contrast.Simcse, ContrastOn.Pairs)]
    [InlineData(Contrast.Swav, ContrastOn.Differences)]
    [InlineData(Contrast.Swav, ContrastOn.Pairs)]
    public void Many_small_passes_are_one_big_batch(Contrast contrast, ContrastOn on)
    {
        // A dropout too small to drop anything in a model this size keeps the views, cut differently, comparable.
        using var model = Tiny.Reward();
        using var whole = Tiny.Language();
        using var language = whole.Over(model.Decoder);
        var settings = new RewardSettings { Contrast = contrast, ContrastOn = on, Dropout = 1e-9, Prototypes = 5, LanguageModel = 0.5, Centring = 0.1, Seed = 4 };
        var pairs = Tiny.Pairs(12);
        var big = Tiny.Gradients(Tiny.Trainer(model, pairs, settings, language));
        var small = Tiny.Gradients(Tiny.Trainer(model, pairs, settings, language), tokensPerPass: 40);
        small.Loss.Should().BeApproximately(big.Loss, 1e-4);
        Tiny.Distance(small.Gradients, big.Gradients).Should().BeLessThan(1e-3);
    }

    [Theory]
    [InlineData(Contrast.Simcse, ContrastOn.Differences)]
    [InlineData(Contrast.Simcse, ContrastOn.Pairs)]
    [InlineData(Contrast.Swav, ContrastOn.Differences)]
    [InlineData(Contrast.Swav, ContrastOn.Pairs)]
    public void A_contrastive_term_changes_the_features_and_still_learns(Contrast contrast, ContrastOn on)
    {
        float[] Train(Contrast term, out double accuracy)
        {
            using var model = Tiny.Reward();
            var settings = new RewardSettings { Contrast = term, ContrastOn = on, Dropout = 0.05, Beta = 0.5, Temperature = 0.1, Prototypes = 8 };
            var trainer = Tiny.Trainer(model, Tiny.Pairs(256), settings);
            var curves = new TrainingLoop(trainer, Tiny.Settings() with { Epochs = 4 }).Run();
            if (term != Contrast.None)
                curves["contrastive"].Should().HaveCount(64).And.OnlyContain(p => double.IsFinite(p.Value));
            accuracy = trainer.Measure(Tiny.Pairs(100, seed: 1000), 4000).Accuracy;
            return Features(model);
        }
        var plain = Train(Contrast.None, out _);
        var contrasted = Train(contrast, out var accuracy);
        Tiny.Distance(contrasted, plain).Should().BeGreaterThan(0.01);
        accuracy.Should().BeGreaterThan(0.8);
    }

    [Fact]
    public void Simcse_without_dropout_is_refused()
    {
        using var model = Tiny.Reward();
        FluentActions.Invoking(() => Tiny.Trainer(model, Tiny.Pairs(2), new RewardSettings { Contrast = Contrast.Simcse }))
            .Should().Throw<ArgumentException>().WithMessage("*dropout*");
    }

    [Fact]
    public void A_prompt_of_many_pairs_weighs_as_one()
    {
        using var model = Tiny.Reward();
        var pairs = Tiny.Pairs(4);
        var together = pairs.Skip(1).Select(p => p with { Prompt = pairs[1].Prompt }).ToList();
        var single = Tiny.Gradients(Tiny.Trainer(model, [pairs[0]])).Loss;
        var three = Tiny.Gradients(Tiny.Trainer(model, together)).Loss;
        var balanced = new RewardTrainer(model, null, [[pairs[0]], together], new RewardSettings(), torch.CPU);
        Tiny.Gradients(balanced).Loss.Should().BeApproximately((single + three) / 2, 1e-5);
    }

    [Fact]
    public void The_language_term_keeps_the_chosen_words_likely()
    {
        double Final(double weight)
        {
            using var model = Tiny.Reward();
            using var whole = Tiny.Language();
            using var language = whole.Over(model.Decoder);
            var trainer = Tiny.Trainer(model, Tiny.Pairs(128), new RewardSettings { LanguageModel = weight }, language);
            var curves = new TrainingLoop(trainer, Tiny.Settings() with { Epochs = 2 }).Run();
            trainer.Parameters.Select(p => p.Name).Should().OnlyHaveUniqueItems();
            return curves.Final("lm_loss")!.Value;
        }
        Final(1).Should().BeLessThan(Final(1e-9) - 0.2);
    }

    [Fact]
    public void Scores_come_in_the_order_asked_whatever_the_passes()
    {
        using var model = Tiny.Reward();
        var pairs = Tiny.Pairs(20);
        var whole = RewardScorer.Score(model, pairs, 100_000, torch.CPU);
        var cut = RewardScorer.Score(model, pairs, 30, torch.CPU);
        whole.Zip(cut, (a, b) => Math.Abs(a.Chosen - b.Chosen) + Math.Abs(a.Rejected - b.Rejected)).Max().Should().BeLessThan(1e-5f);
        whole.Select(s => s.Chosen).Distinct().Count().Should().BeGreaterThan(10);
    }

    private static float[] Features(RewardModel model) =>
        RewardScorer.Score(model, Tiny.Pairs(30, seed: 500), 10_000, torch.CPU).SelectMany(s => new[] { s.Chosen, s.Rejected }).ToArray();
}
