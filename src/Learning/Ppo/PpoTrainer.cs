using System.Globalization;
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
    private readonly LossWatch watch = new();
    private double klCoefficient;
    private HalfIteration? half;
    private string? kept;

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

    /// <summary>Whether anything happened that no checkpoint holds.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>Whether an iteration is under way: it was begun and is not done.</summary>
    public bool IsWithin => half is not null;

    /// <summary>Told how many tokens were sampled, and how many an optimizer step was taken on (prompts and responses).</summary>
    public Action<long>? OnTokens { get; init; }

    /// <summary>Rolls out one iteration's prompts and updates the policy and the values; goes on within an iteration that a checkpoint was taken in.</summary>
    /// <param name="prompts">Token ids, one prompt each.</param>
    /// <param name="iteration">From 0: part of every seed, so that a resumed run draws the same.</param>
    /// <param name="pause">Called where <see cref="Save"/> is possible: behind the rollout and behind each optimizer step but the last.</param>
    /// <param name="stopping">Ends the sampling between two tokens, and the updates between two optimizer steps; <see cref="Save"/> is possible then.</param>
    /// <returns>The iteration's figures under the field's names.</returns>
    /// <exception cref="TrainingDivergedException">A loss or a gradient is not finite, or the value loss exploded.</exception>
    /// <exception cref="UnknownTokenException">The policy said a token that another model does not have.</exception>
    public IReadOnlyList<(string Name, double Value)> Iterate(IReadOnlyList<int[]> prompts, int iteration, Action? pause = null, CancellationToken stopping = default)
    {
        var resumed = half is not null;
        half ??= new HalfIteration(RollOut(prompts, iteration, stopping), scores.State);
        foreach (var rollout in half.Rollouts)
            rollout.Prompt = prompts[rollout.PromptIndex];
        scores.State = half.Moments;
        var figures = new List<(string, double)>(Estimate(half.Rollouts, iteration));
        if (!resumed)
            Pause(pause, stopping);
        figures.AddRange(Update(half, iteration, pause, stopping));
        if (settings.KlTarget is { } target)
            klCoefficient = AdaptiveKl.Next(klCoefficient, figures.First(f => f.Item1 == "kl").Item2, target, half.Rollouts.Count);
        figures.Add(("kl_coefficient", klCoefficient));
        half = null;
        return figures;
    }

    /// <summary>Keeps all that goes on from here: weights, moments, running figures, curves; within an iteration its rollouts too.</summary>
    /// <param name="iterations">How many are done.</param>
    /// <exception cref="TrainingDivergedException">A weight is not finite: such a state is not kept.</exception>
    public void Save(string folder, int iterations, TrainingCurves curves)
    {
        using var scope = NewDisposeScope();
        var counters = new Dictionary<string, long> { ["iterations"] = iterations, ["policy"] = policyOptimizer.Steps, ["value"] = valueOptimizer.Steps };
        double[] figures = [.. half?.Moments ?? scores.State, klCoefficient];
        Guarded(iterations, () => TrainingCheckpoint.Save(folder, policyOptimizer.Steps, counters,
            Trained.Append(("figures", tensor(figures))).Concat(half?.State() ?? []).Concat(curves.State())));
        (kept, HasChanged) = (folder, false);
    }

    /// <summary>Goes on from a checkpoint: an undisturbed run would be in the same state, bit for bit.</summary>
    /// <param name="warn">Told of a damaged checkpoint.</param>
    /// <returns>How many iterations are done; 0 where there is no checkpoint.</returns>
    public int Resume(string folder, TrainingCurves curves, Action<string>? warn = null)
    {
        using var saved = TrainingCheckpoint.Open(folder, Trained, warn);
        if (saved is null)
            return 0;
        policyOptimizer.Restore(saved.Counter("policy"), saved.Tensor, "policy.");
        valueOptimizer.Restore(saved.Counter("value"), saved.Tensor, "value.");
        using var figures = saved.Tensor("figures");
        var cells = figures.data<double>().ToArray();
        (scores.State, klCoefficient) = (cells[..3], cells[3]);
        half = HalfIteration.Read(saved, cells[..3]);
        curves.Restore(saved);
        foreach (var (_, loss) in curves["value_loss"])
            watch.See(loss);
        (kept, HasChanged) = (folder, false);
        return (int)saved.Counter("iterations");
    }

    /// <summary>The last iteration's weights are as good as those of any checkpoint.</summary>
    /// <exception cref="TrainingDivergedException">A weight is not finite.</exception>
    public void CheckWeights() => Guarded(settings.Iterations, () => NotFiniteException.Check(Trained));

    private IEnumerable<(string Name, Tensor Value)> Trained => policyOptimizer.State("policy.").Concat(valueOptimizer.State("value."));

    private void Guarded(int iterations, Action look)
    {
        try
        {
            look();
        }
        catch (NotFiniteException broken)
        {
            throw Diverged(iterations, $"after it {broken.Message.TrimEnd('.')}");
        }
    }

    /// <summary>What gave a bad loss is no state to go on from: the checkpoints from there on go, those before stay.</summary>
    /// <param name="iteration">From 1.</param>
    /// <param name="steps">Optimizer steps back to the last good state.</param>
    private TrainingDivergedException Diverged(int iteration, string problem, long steps = 0)
    {
        var left = kept is null ? null : TrainingCheckpoint.Discard(kept, policyOptimizer.Steps - steps);
        return TrainingDivergedException.Of(new("Iteration", iteration, settings.Iterations, left / StepsPerIteration), problem, string.Create(CultureInfo.InvariantCulture,
            $"Try a smaller policy-rate (such as {settings.PolicyRate / 5:G2}) and value-rate (such as {settings.ValueRate / 5:G2}), a smaller clip-norm, or a reward-clip."));
    }

    private long StepsPerIteration => (long)settings.Epochs * (((settings.PromptsPerIteration * settings.SamplesPerPrompt) + settings.MiniBatch - 1) / settings.MiniBatch);

    private void Pause(Action? pause, CancellationToken stopping)
    {
        HasChanged = true;
        pause?.Invoke();
        stopping.ThrowIfCancellationRequested();
    }

    private List<Rollout> RollOut(IReadOnlyList<int[]> prompts, int iteration, CancellationToken stopping)
    {
        var samples = Sampler.Sample(policy, prompts, settings.SamplesPerPrompt, settings.Sampling, Chance.At(settings.Seed, iteration), device, stopping: stopping);
        OnTokens?.Invoke(samples.Sum(s => (long)s.Ids.Length));
        var highest = samples.Max(s => s.Ids.Max());
        foreach (var (size, whose) in new[] { (reference?.Decoder.Config.VocabSize, "the reference model"), (reward.Decoder.Config.VocabSize, "the reward model") })
            if (highest >= size)
                throw new UnknownTokenException("A response of the policy", highest, size.Value, whose);
        var rollouts = samples.Select(s => new Rollout(s.Prompt, s.Ids, s.Finished) { Prompt = prompts[s.Prompt] }).ToList();
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
    private List<(string, double)> Estimate(List<Rollout> rollouts, int iteration)
    {
        var raw = rollouts.Select(r => r.Score).ToArray();
        if (Array.Exists(raw, r => !float.IsFinite(r)))
            throw TrainingDivergedException.Given(new("Iteration", iteration + 1, settings.Iterations, null), "reward model's score of a sampled response", raw.First(r => !float.IsFinite(r)));
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

    private List<(string, double)> Update(HalfIteration half, int iteration, Action? pause, CancellationToken stopping)
    {
        var rollouts = half.Rollouts;
        var steps = 0;
        for (var epoch = 0; epoch < settings.Epochs; epoch++)
        {
            var order = Chance.Order(rollouts.Count, settings.Seed, ((long)iteration * settings.Epochs) + epoch);
            for (var start = 0; start < order.Length; start += settings.MiniBatch)
            {
                if (steps++ < half.Steps)
                    continue;
                if (steps > 1)
                    Pause(pause, stopping);
                Step(half, order[start..Math.Min(order.Length, start + settings.MiniBatch)].Select(i => rollouts[i]).ToList(), iteration);
            }
        }
        HasChanged = true;
        if (watch.See(half.ValueLoss / half.Tokens) is { } problem)
            throw Diverged(iteration + 1, string.Create(CultureInfo.InvariantCulture, $"the value loss is {half.ValueLoss / half.Tokens:G4}; {problem}"), watch.Odd * StepsPerIteration);
        return
        [
            ("policy_loss", half.PolicyLoss / half.Tokens),
            ("value_loss", half.ValueLoss / half.Tokens),
            ("clip_fraction", half.Clipped / half.Tokens),
            ("entropy", half.Entropy / half.Tokens),
            ("grad_norm", half.Norm / half.Steps),
        ];
    }

    /// <summary>One step of both optimizers; nothing is changed where a loss or a gradient is not finite.</summary>
    private void Step(HalfIteration half, List<Rollout> mini, int iteration)
    {
        double weight = mini.Sum(r => r.Response.Length);
        policyOptimizer.ZeroGradients();
        valueOptimizer.ZeroGradients();
        var sums = default(HalfIteration.Sums);
        foreach (var (part, batch) in Packs(mini))
        {
            using (batch)
            using (NewDisposeScope())
                sums += Backward(part, batch, weight);
        }
        var norm = GradientNorm.Clip(policyOptimizer.Parameters, settings.ClipNorm);
        var valueNorm = GradientNorm.Clip(valueOptimizer.Parameters, settings.ClipNorm);
        if (!double.IsFinite(sums.Policy + sums.Value + norm + valueNorm))
            throw Diverged(iteration + 1, string.Create(CultureInfo.InvariantCulture,
                $"the policy loss is {sums.Policy / weight:G4} (gradient norm {norm:G4}), the value loss {sums.Value / weight:G4} (gradient norm {valueNorm:G4}) at policy-rate {settings.PolicyRate:G4}, value-rate {settings.ValueRate:G4}; all must be finite"));
        policyOptimizer.Step(settings.PolicyRate);
        valueOptimizer.Step(settings.ValueRate);
        half.Add(sums, weight, norm);
        OnTokens?.Invoke(mini.Sum(r => (long)r.Prompt.Length + r.Response.Length));
    }

    /// <summary>Adds one pass's gradients, each token weighing 1 over <paramref name="weight"/>; returns sums over its tokens.</summary>
    private HalfIteration.Sums Backward(List<Rollout> part, PackedBatch batch, double weight)
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
        return new(losses.sum().ToDouble(), valueLosses.sum().ToDouble(), clipped.ToDouble(), entropies.sum().ToDouble());
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
