using DataflowRlhf.Learning.Generation;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Optimization;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Ppo;

/// <summary>
/// Proximal policy optimisation of a language model against a reward model, METHOD section 6:
/// r_total = r(x,y) − η KL(π_RL ‖ π_SFT), the KL as a penalty on each sampled token, the score on the last one; GAE; clipped policy and value losses.
/// </summary>
public sealed class PpoTrainer : IDisposable
{
    private readonly CausalLm policy;
    private readonly CausalLm? reference;
    private readonly RewardModel reward;
    private readonly ValueModel values;
    private readonly PpoSettings settings;
    private readonly Device device;
    private readonly Training.AdamW policyOptimizer;
    private readonly Training.AdamW valueOptimizer;
    private readonly RunningMoments scores = new();
    private double klCoefficient;

    /// <param name="policy">Trained in place.</param>
    /// <param name="reference">Frozen: what the KL is measured against. Null: the policy without its adapters.</param>
    /// <param name="reward">Frozen; where its decoder has adapters, they are the value model's, and it scores without them.</param>
    /// <param name="values">Trained in place; usually started from the reward model.</param>
    /// <exception cref="ArgumentException">There is no reference, and the policy has no adapters.</exception>
    public PpoTrainer(CausalLm policy, CausalLm? reference, RewardModel reward, ValueModel values, PpoSettings settings, Device device)
    {
        (this.policy, this.reference, this.reward, this.values, this.settings, this.device) = (policy, reference, reward, values, settings, device);
        klCoefficient = settings.KlCoefficient;
        if (reference is null && policy.Decoder.Adapters is null)
            throw new ArgumentException("A policy without adapters needs a reference model.", nameof(reference));
        foreach (var module in new nn.Module?[] { policy, reference, reward, values })
            module?.eval();
        policyOptimizer = Training.AdamW.For(Trainable.Of(policy));
        valueOptimizer = Training.AdamW.For(Trainable.Of(values));
    }

    /// <summary>The KL coefficient η as it stands.</summary>
    public double KlCoefficient => klCoefficient;

    /// <summary>Rolls out one iteration's prompts and updates the policy and the values.</summary>
    /// <param name="prompts">Token ids, one prompt each.</param>
    /// <param name="iteration">From 0: part of every seed, so that a resumed run draws the same.</param>
    /// <returns>The iteration's figures under the field's names.</returns>
    /// <exception cref="TrainingDivergedException">A loss is not finite.</exception>
    public IReadOnlyList<(string Name, double Value)> Iterate(IReadOnlyList<int[]> prompts, int iteration)
    {
        var rollouts = RollOut(prompts, iteration);
        var figures = new List<(string, double)>(Estimate(rollouts));
        figures.AddRange(Update(rollouts, iteration));
        if (settings.KlTarget is { } target)
            klCoefficient = AdaptiveKl.Next(klCoefficient, figures.First(f => f.Item1 == "kl").Item2, target, rollouts.Count);
        figures.Add(("kl_coefficient", klCoefficient));
        return figures;
    }

    /// <summary>Keeps all that the next iteration needs: weights, moments, running figures, curves.</summary>
    /// <param name="iterations">How many are done.</param>
    public void Save(string folder, int iterations, TrainingCurves curves)
    {
        using var scope = NewDisposeScope();
        var counters = new Dictionary<string, long> { ["iterations"] = iterations, ["policy"] = policyOptimizer.Steps, ["value"] = valueOptimizer.Steps };
        double[] figures = [.. scores.State, klCoefficient];
        TrainingCheckpoint.Save(folder, counters, policyOptimizer.State("policy.").Concat(valueOptimizer.State("value.")).Append(("figures", tensor(figures))).Concat(curves.State()));
    }

    /// <summary>Goes on from a checkpoint: an undisturbed run would be in the same state, bit for bit.</summary>
    /// <returns>How many iterations are done; 0 where there is no checkpoint.</returns>
    public int Resume(string folder, TrainingCurves curves)
    {
        using var saved = TrainingCheckpoint.Open(folder);
        if (saved is null)
            return 0;
        policyOptimizer.Restore(saved.Counter("policy"), saved.Tensor, "policy.");
        valueOptimizer.Restore(saved.Counter("value"), saved.Tensor, "value.");
        using var kept = saved.Tensor("figures");
        var figures = kept.data<double>().ToArray();
        (scores.State, klCoefficient) = (figures[..3], figures[3]);
        curves.Restore(saved.Names, saved.Tensor);
        return (int)saved.Counter("iterations");
    }

    private List<Rollout> RollOut(IReadOnlyList<int[]> prompts, int iteration)
    {
        var samples = Sampler.Sample(policy, prompts, settings.SamplesPerPrompt, settings.Sampling, Chance.At(settings.Seed, iteration), device);
        var rollouts = samples.Select(s => new Rollout(prompts[s.Prompt], s.Ids, s.Finished)).ToList();
        using var off = no_grad();
        foreach (var (part, batch) in Packs(rollouts))
        {
            using (batch)
            using (NewDisposeScope())
            {
                var old = LogProbs(policy, batch, out _).cpu().data<float>().ToArray();
                var fixedOnes = ReferenceLogProbs(batch);
                var states = values.Values(batch).index_select(0, batch.PredictIndex).to(ScalarType.Float32).cpu().data<float>().ToArray();
                var scored = Scores(batch);
                var at = 0;
                for (var i = 0; i < part.Count; i++)
                {
                    var length = part[i].Response.Length;
                    part[i].Score = scored[i];
                    part[i].LogProbs = old[at..(at + length)];
                    part[i].ReferenceLogProbs = fixedOnes[at..(at + length)];
                    part[i].Values = states[at..(at + length)];
                    at += length;
                }
            }
        }
        return rollouts;
    }

    private float[] ReferenceLogProbs(PackedBatch batch)
    {
        using var off = reference is null ? policy.Decoder.Adapters!.Off() : null;
        return LogProbs(reference ?? policy, batch, out _).cpu().data<float>().ToArray();
    }

    private float[] Scores(PackedBatch batch)
    {
        using var off = reward.Decoder.Adapters?.Off();
        return reward.Rewards(batch).to(ScalarType.Float32).cpu().data<float>().ToArray();
    }

    /// <summary>Rewards a token, advantages and returns; and what is worth a curve.</summary>
    private List<(string, double)> Estimate(List<Rollout> rollouts)
    {
        var raw = rollouts.Select(r => r.Score).ToArray();
        if (Array.Exists(raw, r => !float.IsFinite(r)))
            throw new TrainingDivergedException(1, settings.Iterations, "reward model's score of a sampled response", raw.First(r => !float.IsFinite(r)), settings.PolicyRate, given: true);
        scores.Add(raw);
        var lengths = rollouts.Select(r => r.Response.Length).ToArray();
        var rewards = rollouts.SelectMany(Rewards).ToArray();
        var (advantages, returns) = GeneralizedAdvantage.Of(rewards, [.. rollouts.SelectMany(r => r.Values)], lengths, settings.Gamma, settings.Lambda);
        Whitening.InPlace(advantages);
        if (settings.AdvantageClip > 0)
            for (var i = 0; i < advantages.Length; i++)
                advantages[i] = Math.Clamp(advantages[i], -(float)settings.AdvantageClip, (float)settings.AdvantageClip);
        var at = 0;
        foreach (var rollout in rollouts)
        {
            rollout.Advantages = advantages[at..(at + rollout.Response.Length)];
            rollout.Returns = returns[at..(at + rollout.Response.Length)];
            at += rollout.Response.Length;
        }
        var tokens = lengths.Sum();
        var gaps = rollouts.SelectMany(r => r.LogProbs.Zip(r.ReferenceLogProbs, (p, q) => (double)p - q)).ToArray();
        return
        [
            ("reward", raw.Average()),
            ("reward_std", Math.Sqrt(raw.Average(r => Math.Pow(r - raw.Average(), 2)))),
            ("kl", gaps.Sum() / rollouts.Count),
            ("kl_k3", gaps.Sum(KlEstimators.K3) / rollouts.Count),
            ("perplexity", Math.Exp(-rollouts.Sum(r => r.ReferenceLogProbs.Sum(p => (double)p)) / tokens)),
            ("length", (double)tokens / rollouts.Count),
            ("finished", rollouts.Average(r => r.Finished ? 1.0 : 0.0)),
            ("explained_variance", ExplainedVariance.Of([.. rollouts.SelectMany(r => r.Values)], returns)),
        ];
    }

    private float[] Rewards(Rollout rollout)
    {
        var score = (double)rollout.Score;
        if (settings.NormalizeReward)
            score = (score - scores.Mean) / scores.Std;
        if (settings.RewardClip > 0)
            score = Math.Clamp(score, -settings.RewardClip, settings.RewardClip);
        if (!rollout.Finished)
            score -= settings.NoEosPenalty;
        return TokenRewards.Of(score, rollout.LogProbs, rollout.ReferenceLogProbs, klCoefficient);
    }

    private List<(string, double)> Update(List<Rollout> rollouts, int iteration)
    {
        var (policyLoss, valueLoss, clipped, entropy, norm, tokens, steps) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0);
        for (var epoch = 0; epoch < settings.Epochs; epoch++)
        {
            var order = Chance.Order(rollouts.Count, settings.Seed, ((long)iteration * settings.Epochs) + epoch);
            for (var start = 0; start < order.Length; start += settings.MiniBatch)
            {
                var mini = order[start..Math.Min(order.Length, start + settings.MiniBatch)].Select(i => rollouts[i]).ToList();
                double weight = mini.Sum(r => r.Response.Length);
                policyOptimizer.ZeroGradients();
                valueOptimizer.ZeroGradients();
                foreach (var (part, batch) in Packs(mini))
                {
                    using (batch)
                    using (NewDisposeScope())
                    {
                        var terms = Backward(part, batch, weight);
                        policyLoss += terms.Policy;
                        valueLoss += terms.Value;
                        clipped += terms.Clipped;
                        entropy += terms.Entropy;
                    }
                }
                tokens += weight;
                steps++;
                norm += Step();
                if (!double.IsFinite(policyLoss) || !double.IsFinite(valueLoss) || !double.IsFinite(norm))
                    throw new TrainingDivergedException(iteration + 1, settings.Iterations, "PPO loss", policyLoss + valueLoss + norm, settings.PolicyRate);
            }
        }
        return
        [
            ("policy_loss", policyLoss / tokens),
            ("value_loss", valueLoss / tokens),
            ("clip_fraction", clipped / tokens),
            ("entropy", entropy / tokens),
            ("grad_norm", norm / steps),
        ];
    }

    /// <summary>Adds one pass's gradients, each token weighing 1 over <paramref name="weight"/>; returns sums over its tokens.</summary>
    private (double Policy, double Value, double Clipped, double Entropy) Backward(List<Rollout> part, PackedBatch batch, double weight)
    {
        var old = Flat(part, r => r.LogProbs);
        var advantages = Flat(part, r => r.Advantages);
        var logProbs = LogProbs(policy, batch, out var entropies);
        var losses = PolicyLoss.Of(logProbs, old, advantages, settings.ClipRange);
        var loss = losses.sum();
        if (settings.EntropyBonus != 0)
            loss = loss - (entropies.sum() * settings.EntropyBonus);
        policy.Decoder.Backward(loss / weight);

        var states = values.Values(batch).index_select(0, batch.PredictIndex).to(ScalarType.Float32);
        var valueLosses = ValueLoss.Of(states, Flat(part, r => r.Values), Flat(part, r => r.Returns), settings.ValueClipRange);
        values.Decoder.Backward(valueLosses.sum() / weight);

        using var off = no_grad();
        var clipped = PolicyLoss.Clipped(logProbs, old, advantages, settings.ClipRange, settings.ClipRange).sum();
        return (losses.sum().ToDouble(), valueLosses.sum().ToDouble(), clipped.ToDouble(), entropies.sum().ToDouble());
    }

    /// <summary>Clips and steps both optimizers; the policy's norm before clipping.</summary>
    private double Step()
    {
        var norm = GradientNorm.Clip(policyOptimizer.Parameters, settings.ClipNorm);
        GradientNorm.Clip(valueOptimizer.Parameters, settings.ClipNorm);
        policyOptimizer.Step(settings.PolicyRate);
        valueOptimizer.Step(settings.ValueRate);
        return norm;
    }

    /// <summary>log π of every response token, (targets), at the sampling temperature; and the entropies beside them.</summary>
    private Tensor LogProbs(CausalLm model, PackedBatch batch, out Tensor entropies)
    {
        var rows = model.Hidden(batch).index_select(0, batch.PredictIndex);
        (var logProbs, entropies) = TokenLogProbs.Of(model.Logits(rows).to(ScalarType.Float32), batch.TargetIds, settings.Sampling.Temperature);
        return logProbs;
    }

    private Tensor Flat(List<Rollout> part, Func<Rollout, float[]> of) => tensor(part.SelectMany(of).ToArray(), device: device);

    private IEnumerable<(List<Rollout> Part, PackedBatch Batch)> Packs(List<Rollout> rollouts)
    {
        var all = Enumerable.Range(0, rollouts.Count).ToArray();
        foreach (var pass in Passes.Cut(all, i => rollouts[i].Prompt.Length + rollouts[i].Response.Length, settings.TokensPerPass))
        {
            var part = pass.Select(i => rollouts[i]).ToList();
            yield return (part, PackedBatch.FromGroups(Groups(part), device));
        }
    }

    /// <summary>Neighbours that answer the same prompt share it.</summary>
    private static List<PackedGroup> Groups(List<Rollout> part)
    {
        var groups = new List<PackedGroup>();
        for (var start = 0; start < part.Count;)
        {
            var end = start + 1;
            while (end < part.Count && ReferenceEquals(part[end].Prompt, part[start].Prompt))
                end++;
            groups.Add(new PackedGroup(part[start].Prompt, part[start..end].ConvertAll(r => r.Response)));
            start = end;
        }
        return groups;
    }

    public void Dispose()
    {
        policyOptimizer.Dispose();
        valueOptimizer.Dispose();
    }
}
