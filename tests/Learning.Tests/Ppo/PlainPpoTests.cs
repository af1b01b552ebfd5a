using DataflowRlhf.Learning.Generation;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Ppo;
using DataflowRlhf.Learning.Tests.Training;
using DataflowRlhf.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Ppo;

/// <summary>The trainer's figures against a plain loop over each response by itself, in float64.</summary>
public sealed class PlainPpoTests
{
    private static readonly int[][] Prompts = [[12, 13, 14], [20, 11], [15, 16, 17, 18, 19], [22]];

    private static PpoSettings Settings { get; } = new()
    {
        Sampling = new() { MaxNewTokens = 6, Temperature = 0.7, StopIds = [1, 3, 5, 9] },
        SamplesPerPrompt = 3,
        Epochs = 1,
        MiniBatch = 100,
        PolicyRate = 0.01,
        ValueRate = 0.02,
        KlCoefficient = 0.1,
        KlTarget = 2,
        Gamma = 0.98,
        Lambda = 0.9,
        RewardClip = 0.6,
        AdvantageClip = 1.2,
        NoEosPenalty = 0.3,
        TokensPerPass = 25,
        Seed = 9,
    };

    /// <summary>The four models, the same each time.</summary>
    private sealed class Models : IDisposable
    {
        public CausalLm Policy { get; } = Tiny.Language(1).Loud();
        public CausalLm Reference { get; } = Tiny.Language(2).Loud();
        public RewardModel Reward { get; } = Tiny.Reward(3).Loud();
        public ValueModel Values { get; }

        public Models()
        {
            using var start = Tiny.Reward(4).Loud();
            Values = ValueModel.FromReward(start);
        }

        public IReadOnlyDictionary<string, double> Train(PpoSettings settings)
        {
            using var trainer = new PpoTrainer(Policy, Reference, Reward, Values, settings, CPU);
            return trainer.Iterate(Prompts, 0).ToDictionary(f => f.Name, f => f.Value);
        }

        public void Dispose()
        {
            foreach (var module in new nn.Module[] { Policy, Reference, Reward, Values })
                module.Dispose();
        }
    }

    /// <summary>A response with everything a plain loop finds of it; one entry a token.</summary>
    private sealed record Plain(int[] Prompt, Sample Sample, double Score, double[] Old, double[] Reference, double[] Values)
    {
        public double[] Advantages { get; set; } = [];
        public double[] Returns { get; set; } = [];
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Its_figures_are_those_of_a_plain_loop(bool normalize)
    {
        var settings = Settings with { NormalizeReward = normalize };
        using var models = new Models();
        var rollouts = RollOut(models, settings);
        Estimate(rollouts, settings);
        rollouts.Select(r => r.Sample.Finished).Should().Contain(true).And.Contain(false);
        var (policy, value, clipped, entropy) = Losses(models, rollouts, settings);

        var figures = models.Train(settings);

        var gaps = rollouts.SelectMany(r => r.Old.Zip(r.Reference, (p, q) => p - q)).ToArray();
        var scores = rollouts.Select(r => r.Score).ToArray();
        double n = rollouts.Count, tokens = gaps.Length, kl = gaps.Sum() / n;
        Near(figures, new()
        {
            ["reward"] = scores.Average(),
            ["reward_std"] = Std(scores),
            ["kl"] = kl,
            ["kl_k3"] = gaps.Sum(g => Math.Exp(-g) - 1 + g) / n,
            ["perplexity"] = Math.Exp(-rollouts.Sum(r => r.Reference.Sum()) / tokens),
            ["length"] = tokens / n,
            ["finished"] = rollouts.Count(r => r.Sample.Finished) / n,
            ["explained_variance"] = 1 - Math.Pow(Std(rollouts.SelectMany(r => r.Returns.Zip(r.Values, (a, b) => a - b))) / Std(rollouts.SelectMany(r => r.Returns)), 2),
            ["policy_loss"] = policy,
            ["value_loss"] = value,
            ["clip_fraction"] = clipped,
            ["entropy"] = entropy,
            ["kl_coefficient"] = 0.1 * (1 + Math.Clamp(kl / 2 - 1, -0.2, 0.2) * n / 10_000),
        });
        clipped.Should().Be(0, "before the first update nothing has moved");
    }

    [Fact]
    public void The_second_epoch_compares_the_moved_policy_with_the_old_one()
    {
        using var models = new Models();
        var rollouts = RollOut(models, Settings);
        Estimate(rollouts, Settings);
        var before = Losses(models, rollouts, Settings);
        models.Train(Settings);
        var after = Losses(models, rollouts, Settings);
        after.Clipped.Should().BeInRange(0.02, 0.98, "else the clip is not put to the test");

        using var again = new Models();
        var figures = again.Train(Settings with { Epochs = 2 });
        Near(figures, new()
        {
            ["policy_loss"] = (before.Policy + after.Policy) / 2,
            ["value_loss"] = (before.Value + after.Value) / 2,
            ["clip_fraction"] = (before.Clipped + after.Clipped) / 2,
            ["entropy"] = (before.Entropy + after.Entropy) / 2,
        });
    }

    [Fact]
    public void Passes_and_their_size_change_nothing()
    {
        using var models = new Models();
        using var again = new Models();
        var small = models.Train(Settings with { Epochs = 2, TokensPerPass = 8 });
        Near(again.Train(Settings with { Epochs = 2, TokensPerPass = 10_000 }), new(small), 1e-3);
        Tiny.Distance(Weights(again.Policy), Weights(models.Policy)).Should().BeLessThan(0.01, "Adam makes much of rounding where a gradient is near 0");
    }

    [Fact]
    public void Reference_and_reward_stay_as_they_were()
    {
        using var models = new Models();
        using var untouched = new Models();
        models.Train(Settings);
        Weights(models.Reference).Should().Equal(Weights(untouched.Reference));
        Weights(models.Reward).Should().Equal(Weights(untouched.Reward));
        Weights(models.Policy).Should().NotEqual(Weights(untouched.Policy));
        Weights(models.Values).Should().NotEqual(Weights(untouched.Values));
    }

    private static float[] Weights(nn.Module module) => [.. module.parameters().SelectMany(p => Tiny.Values(p))];

    private static List<Plain> RollOut(Models models, PpoSettings settings)
    {
        var samples = Sampler.Sample(models.Policy, Prompts, settings.SamplesPerPrompt, settings.Sampling, Chance.At(settings.Seed, 0), CPU);
        return [.. samples.Select(sample =>
        {
            var prompt = Prompts[sample.Prompt];
            using var scope = NewDisposeScope();
            using var off = no_grad();
            using var batch = PackedBatch.FromSequences([[.. prompt, .. sample.Ids]], CPU);
            var values = Tiny.Values(models.Values.Values(batch)).Skip(prompt.Length - 1).Take(sample.Ids.Length).Select(v => (double)v).ToArray();
            return new Plain(prompt, sample, models.Reward.Rewards(batch).ToDouble(), Score(models.Policy, prompt, sample.Ids).LogProbs, Score(models.Reference, prompt, sample.Ids).LogProbs, values);
        })];
    }

    /// <summary>Softmax by hand at the sampling temperature: log-probability and entropy at each token of the response.</summary>
    private static (double[] LogProbs, double[] Entropies) Score(CausalLm model, int[] prompt, int[] response)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var batch = PackedBatch.FromSequences([[.. prompt, .. response]], CPU);
        var rows = Tiny.Values(model.Logits(model.Hidden(batch))).Chunk(Tiny.Vocabulary).ToArray();
        var (logProbs, entropies) = (new double[response.Length], new double[response.Length]);
        for (var t = 0; t < response.Length; t++)
        {
            var z = rows[prompt.Length + t - 1].Select(v => v / 0.7).ToArray();
            var all = z.Sum(Math.Exp);
            logProbs[t] = z[response[t]] - Math.Log(all);
            entropies[t] = -z.Sum(v => Math.Exp(v) / all * Math.Log(Math.Exp(v) / all));
        }
        return (logProbs, entropies);
    }

    private static void Estimate(List<Plain> rollouts, PpoSettings settings)
    {
        var scores = rollouts.Select(r => r.Score).ToArray();
        foreach (var r in rollouts)
        {
            var score = settings.NormalizeReward ? (r.Score - scores.Average()) / Std(scores) : r.Score;
            score = Math.Clamp(score, -settings.RewardClip, settings.RewardClip) - (r.Sample.Finished ? 0 : settings.NoEosPenalty);
            var length = r.Old.Length;
            var rewards = Enumerable.Range(0, length).Select(t => -0.1 * (r.Old[t] - r.Reference[t]) + (t == length - 1 ? score : 0)).ToArray();
            double Error(int t) => rewards[t] + 0.98 * (t + 1 < length ? r.Values[t + 1] : 0) - r.Values[t];
            r.Advantages = [.. Enumerable.Range(0, length).Select(t => Enumerable.Range(t, length - t).Sum(s => Math.Pow(0.98 * 0.9, s - t) * Error(s)))];
            r.Returns = [.. r.Advantages.Zip(r.Values, (a, v) => a + v)];
        }
        var all = rollouts.SelectMany(r => r.Advantages).ToArray();
        var (mean, std) = (all.Average(), Math.Sqrt(all.Sum(a => Math.Pow(a - all.Average(), 2)) / (all.Length - 1)));
        foreach (var r in rollouts)
            r.Advantages = [.. r.Advantages.Select(a => Math.Clamp((a - mean) / std, -settings.AdvantageClip, settings.AdvantageClip))];
    }

    /// <summary>Means over all tokens at the models as they stand.</summary>
    private static (double Policy, double Value, double Clipped, double Entropy) Losses(Models models, List<Plain> rollouts, PpoSettings settings)
    {
        var (policy, value, clipped, entropy, tokens) = (0.0, 0.0, 0.0, 0.0, 0);
        foreach (var r in rollouts)
        {
            using var scope = NewDisposeScope();
            using var off = no_grad();
            using var batch = PackedBatch.FromSequences([[.. r.Prompt, .. r.Sample.Ids]], CPU);
            var values = Tiny.Values(models.Values.Values(batch));
            var (logProbs, entropies) = Score(models.Policy, r.Prompt, r.Sample.Ids);
            for (var t = 0; t < logProbs.Length; t++)
            {
                var (ratio, a) = (Math.Exp(logProbs[t] - r.Old[t]), r.Advantages[t]);
                var (free, near) = (-a * ratio, -a * Math.Clamp(ratio, 0.8, 1.2));
                policy += Math.Max(free, near);
                clipped += near > free ? 1 : 0;
                var v = values[r.Prompt.Length + t - 1];
                var held = r.Values[t] + Math.Clamp(v - r.Values[t], -0.2, 0.2);
                value += 0.5 * Math.Max(Math.Pow(v - r.Returns[t], 2), Math.Pow(held - r.Returns[t], 2));
                entropy += entropies[t];
                tokens++;
            }
        }
        return (policy / tokens, value / tokens, clipped / tokens, entropy / tokens);
    }

    private static double Std(IEnumerable<double> values)
    {
        var all = values.ToArray();
        return Math.Sqrt(all.Average(v => Math.Pow(v - all.Average(), 2)));
    }

    private static void Near(IReadOnlyDictionary<string, double> figures, Dictionary<string, double> expected, double tolerance = 1e-4)
    {
        foreach (var (name, value) in expected)
            figures[name].Should().BeApproximately(value, tolerance * Math.Max(1, Math.Abs(value)), name);
    }
}
