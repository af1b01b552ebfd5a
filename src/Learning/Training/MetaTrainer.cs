using DataflowRlhf.Learning.Losses;
using DataflowRlhf.Learning.MetaRm;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>
/// MetaRM's objective (paper 3.2, Algorithm 1): each step climbs the difference loss J on responses of the shifted policy, takes the pair loss's gradient
/// there, and hands that gradient to the optimizer at the original weights.
/// </summary>
public sealed class MetaTrainer : ITrainingObjective
{
    private readonly RewardModel model;
    private readonly IReadOnlyList<PreferencePair> pairs;
    private readonly IReadOnlyList<PackedGroup> shifted;
    private readonly int samples;
    private readonly int metaBatch;
    private readonly double eta;
    private readonly ulong seed;
    private readonly Device device;
    private readonly List<Parameter> trained;

    /// <param name="pairs">The training set X_t, labels as they are to be believed.</param>
    /// <param name="shifted">The meta set X_s: each prompt with k ≥ 2 responses of the current policy, the same k for all.</param>
    /// <param name="metaBatch">Prompts of the meta set a step.</param>
    /// <param name="eta">η of θ' = θ + η ∇J, paper (12).</param>
    public MetaTrainer(RewardModel model, IReadOnlyList<PreferencePair> pairs, IReadOnlyList<PackedGroup> shifted, int metaBatch, double eta, ulong seed, Device device)
    {
        samples = shifted[0].Branches.Count;
        if (samples < 2 || shifted.Any(s => s.Branches.Count != samples))
            throw new ArgumentException("MetaRM compares the responses of a prompt: every prompt needs the same number of them, at least 2.");
        (this.model, this.pairs, this.shifted, this.eta, this.seed, this.device) = (model, pairs, shifted, eta, seed, device);
        this.metaBatch = Math.Min(metaBatch, shifted.Count);
        Parameters = Trainable.Of(model);
        trained = [.. Parameters.Select(p => p.Parameter)];
        model.eval();
    }

    public IReadOnlyList<(string Name, Parameter Parameter)> Parameters { get; }

    public int Examples => pairs.Count;

    public int Tokens(int example) => pairs[example].Prompt.Length + pairs[example].Chosen.Length + pairs[example].Rejected.Length;

    /// <inheritdoc/>
    public void Accumulate(TrainingStep step)
    {
        using var scope = NewDisposeScope();
        using var shiftedBatch = PackedBatch.FromGroups(MetaPrompts(step.Number), device);
        using var pairBatch = PackedBatch.FromGroups([.. step.Examples.Select(e => new PackedGroup(pairs[e].Prompt, [pairs[e].Chosen, pairs[e].Rejected]))], device);
        MetaStep.Run(trained, () => Difference(step, shiftedBatch), () => PairLoss(step, pairBatch), eta, model.Decoder.Backward);
    }

    /// <summary>J over this step's prompts of the meta set, paper (11).</summary>
    private Tensor Difference(TrainingStep step, PackedBatch batch)
    {
        var value = DifferenceLoss.J(model.Rewards(batch).to(ScalarType.Float32).reshape(-1, samples));
        step.Add("difference", value, 1);
        return value;
    }

    /// <summary>The prompts of a step: the meta set is gone through in an order of its own each time round.</summary>
    private List<PackedGroup> MetaPrompts(long step)
    {
        var drawn = new List<PackedGroup>(metaBatch);
        int[] order = [];
        for (var i = 0; i < metaBatch; i++)
        {
            var place = ((step - 1) * metaBatch) + i;
            if (order.Length == 0 || place % shifted.Count == 0)
                order = Chance.Order(shifted.Count, seed, place / shifted.Count);
            drawn.Add(shifted[order[place % shifted.Count]]);
        }
        return drawn;
    }

    /// <summary>The mean pair loss of the step at the weights as they stand (θ'), METHOD section 1.</summary>
    private Tensor PairLoss(TrainingStep step, PackedBatch batch)
    {
        var rewards = model.Rewards(batch).to(ScalarType.Float32).reshape(-1, 2);
        var difference = rewards.select(1, 0) - rewards.select(1, 1);
        var alphas = tensor(step.Examples.Select(e => pairs[e].Alpha).ToArray(), device: device);
        var margins = tensor(step.Examples.Select(e => pairs[e].Margin).ToArray(), device: device);
        var loss = BradleyTerry.SoftWithMargin(difference, alphas, margins).mean();
        step.Add("loss", loss, 1);
        step.Add("accuracy", BradleyTerry.Hits(difference).sum(), step.Examples.Count);
        return loss;
    }
}
