using DataflowRlhf.Learning.Ppo;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Golden;

/// <summary>What PPO computes of tokens. The product has no padding: masked places are left out before, and gradients there must be 0.</summary>
internal static class PpoChecks
{
    public static Dictionary<string, Action<GoldenCase>> All { get; } = new()
    {
        ["kl"] = Kl,
        ["gae"] = Gae,
        ["whiten"] = Whiten,
        ["ppo_policy"] = Policy,
        ["value_loss"] = Value,
        ["token_logprobs_entropy"] = LogProbs,
    };

    private static Tensor Real(Tensor padded, GoldenCase c) => padded.reshape(-1).index_select(0, Places(c));

    private static Tensor Places(GoldenCase c) => tensor(c.Mask().Select((on, i) => on ? i : -1L).Where(i => i >= 0).ToArray());

    private static void Kl(GoldenCase c)
    {
        var gaps = c.Masked("logprobs").Zip(c.Masked("ref_logprobs"), (p, q) => p - q).ToArray();
        c.Hold("k1", [.. gaps.Select(KlEstimators.K1)], c.Masked("k1"), GoldenCase.Exact);
        c.Hold("k2", [.. gaps.Select(KlEstimators.K2)], c.Masked("k2"), GoldenCase.Exact);
        c.Hold("k3", [.. gaps.Select(KlEstimators.K3)], c.Masked("k3"), GoldenCase.Exact);
        c.Hold("k1_masked_mean", gaps.Average(KlEstimators.K1));
        foreach (var (name, estimate) in new (string, Func<Tensor, Tensor>)[] { ("k2", KlEstimators.K2), ("k3", KlEstimators.K3) })
        {
            var logProbs = c.Leaf("logprobs");
            var mean = Real(estimate(logProbs - c.Of("ref_logprobs")), c).mean();
            c.Hold(name + "_masked_mean", mean);
            mean.backward();
            c.Hold($"d_logprobs_of_{name}_masked_mean", logProbs.grad!);
        }
        var (old, reference, at) = (Floats(c.Masked("logprobs")), Floats(c.Masked("ref_logprobs")), 0);
        var (plain, clipped, sums) = (new List<double>(), new List<double>(), new List<double>());
        foreach (var (length, score) in c.Lengths().Zip(c.Numbers("score")))
        {
            var row = at..(at + length);
            double[] Rewards(double of) => [.. TokenRewards.Of(of, old.AsSpan(row), reference.AsSpan(row), c.Number("beta")).Select(v => (double)v)];
            plain.AddRange(Rewards(score));
            clipped.AddRange(Rewards(Math.Clamp(score, -c.Number("score_clip"), c.Number("score_clip"))));
            sums.Add(gaps[row].Sum(KlEstimators.K1));
            at += length;
        }
        c.Hold("token_rewards_k1", [.. plain], c.Masked("token_rewards_k1"), GoldenCase.Single);
        c.Hold("token_rewards_k1_score_clipped", [.. clipped], c.Masked("token_rewards_k1_score_clipped"), GoldenCase.Single);
        c.Hold("sequence_kl_k1", sums);
    }

    private static void Gae(GoldenCase c)
    {
        var (advantages, returns) = GeneralizedAdvantage.Of(Floats(c.Masked("rewards")), Floats(c.Masked("values")), c.Lengths(), c.Number("gamma"), c.Number("lam"));
        c.Hold("advantages", Doubles(advantages), c.Masked("advantages"), GoldenCase.Single);
        c.Hold("returns", Doubles(returns), c.Masked("returns"), GoldenCase.Single);
    }

    private static void Whiten(GoldenCase c)
    {
        var values = Floats(c.Masked("x"));
        var moments = new RunningMoments();
        moments.Add(values);
        c.Hold("mean", moments.Mean, GoldenCase.Single);
        c.Hold("variance_population", moments.Variance, GoldenCase.Single);
        c.Hold("whitened_population", [.. values.Select(v => (v - moments.Mean) / moments.Std)], c.Masked("whitened_population"), GoldenCase.Single);
        Whitening.InPlace(values);
        c.Hold("whitened_sample", Doubles(values), c.Masked("whitened_sample"), GoldenCase.Single);
        c.Hold("whitened_sample_keep_mean", [.. values.Select(v => v + c.Number("mean"))], c.Masked("whitened_sample_keep_mean"), GoldenCase.Single);
    }

    private static void Policy(GoldenCase c)
    {
        var (low, high) = (c.Number("clip_low"), c.Number("clip_high"));
        var (old, advantages) = (Real(c.Of("old_logprobs"), c), Real(c.Of("advantages"), c));
        double[] lengths = [.. c.Lengths().SelectMany(n => Enumerable.Repeat((double)n, n))];
        double rows = c.Lengths().Length;
        foreach (var (reduction, weights) in new[]
        {
            ("token_mean", [.. lengths.Select(_ => 1.0 / lengths.Length)]),
            ("seq_mean_token_mean", [.. lengths.Select(n => 1 / (n * rows))]),
            ("seq_mean_token_sum", lengths.Select(_ => 1 / rows).ToArray()),
        })
        {
            var logProbs = c.Leaf("logprobs");
            var each = PolicyLoss.Of(Real(logProbs, c), old, advantages, low, high);
            c.Hold("per_token", each.data<double>().ToArray(), c.Masked("per_token"), GoldenCase.Exact);
            var loss = (each * tensor(weights)).sum();
            c.Hold("loss_" + reduction, loss);
            loss.backward();
            c.Hold("d_logprobs_" + reduction, logProbs.grad!);
        }
        var now = Real(c.Of("logprobs"), c);
        c.Hold("clip_fraction", PolicyLoss.Clipped(now, old, advantages, low, high).to(ScalarType.Float64).mean());
        if (low == high)
            (PolicyLoss.Of(now, old, advantages, low) - PolicyLoss.Of(now, old, advantages, low, high)).abs().max().ToDouble().Should().Be(0);
        var gaps = (old - now).data<double>().ToArray();
        c.Hold("approx_kl_k1", gaps.Average(KlEstimators.K1));
        c.Hold("approx_kl_half_square", gaps.Average(KlEstimators.K2));
    }

    private static void Value(GoldenCase c)
    {
        var values = c.Leaf("values");
        var (now, old, returns, clip) = (Real(values, c), Real(c.Of("old_values"), c), Real(c.Of("returns"), c), c.Number("clip"));
        var loss = ValueLoss.Of(now, old, returns, clip).mean();
        c.Hold("loss", loss);
        c.Hold("unclipped_loss", ValueLoss.Of(now, old, returns, 1e9).mean());
        c.Hold("clip_fraction", ValueLoss.Clipped(now, old, returns, clip).to(ScalarType.Float64).mean());
        loss.backward();
        c.Hold("d_values", values.grad!);
    }

    private static void LogProbs(GoldenCase c)
    {
        var logits = c.Leaf("logits");
        var (rows, tokens, words) = (logits.size(0), logits.size(1), logits.size(2));
        if (!c.Has("ids"))
        {
            for (var word = 0L; word < words; word++)
            {
                var (logs, spread) = TokenLogProbs.Of(logits.reshape(-1, words), full([rows * tokens], word, ScalarType.Int64));
                c.Hold("log_softmax of " + word, logs.detach().data<double>().ToArray(), [.. c.Numbers("log_softmax").Where((_, i) => i % words == word)], GoldenCase.Exact);
                c.Hold("entropy", spread);
            }
            return;
        }
        var ids = c.Ids("ids");
        var (same, entropies) = TokenLogProbs.Of(logits.reshape(-1, words), ids.reshape(-1));
        c.Hold("logprob_same_position", same);
        c.Hold("entropy", entropies);
        var mean = Real(entropies, c).mean();
        c.Hold("entropy_masked_mean", mean);
        mean.backward();
        c.Hold("d_logits_of_entropy_masked_mean", logits.grad!);

        var again = c.Leaf("logits");
        var (shifted, _) = TokenLogProbs.Of(again.narrow(1, 0, tokens - 1).reshape(-1, words), ids.narrow(1, 1, tokens - 1).reshape(-1));
        c.Hold("logprob_shifted", shifted);
        var mask = c.Of("mask").narrow(1, 1, tokens - 1);
        var kept = shifted.reshape(rows, tokens - 1) * mask;
        c.Hold("sequence_logprob_shifted", kept.sum(1));
        var nll = -kept.sum() / mask.sum();
        c.Hold("nll_shifted_masked_mean", nll);
        nll.backward();
        c.Hold("d_logits_of_nll", again.grad!);
    }

    private static float[] Floats(double[] values) => [.. values.Select(v => (float)v)];

    private static double[] Doubles(float[] values) => [.. values.Select(v => (double)v)];
}
