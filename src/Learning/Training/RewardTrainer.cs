using DataflowRlhf.Learning.Losses;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>
/// The reward model's objective: pair loss with margin and soft label, centring, a language-model term, a contrastive term. An example is one or more
/// pairs of one prompt; each example weighs the same, and its pairs share its weight (InstructGPT, book (6)). A prompt is computed once a pass.
/// </summary>
public sealed class RewardTrainer : ITrainingObjective
{
    private readonly RewardModel model;
    private readonly CausalLm? languageModel;
    private readonly IReadOnlyList<IReadOnlyList<PreferencePair>> examples;
    private readonly RewardSettings settings;
    private readonly Device device;
    private readonly ContrastiveTerm? contrast;

    /// <param name="model">What is trained.</param>
    /// <param name="languageModel">A language model over the same decoder (shared parameters), for the language-model term; else null.</param>
    /// <param name="examples">The pairs of one prompt, together; or each pair by itself.</param>
    public RewardTrainer(RewardModel model, CausalLm? languageModel, IReadOnlyList<IReadOnlyList<PreferencePair>> examples, RewardSettings settings, Device device)
    {
        if (settings.LanguageModel != 0 && languageModel is null)
            throw new ArgumentException("The language-model term needs a language model over the reward model's decoder.");
        if (settings.Contrast == Contrast.Simcse && settings.Dropout == 0)
            throw new ArgumentException("SimCSE without dropout compares each sample with itself: give a dropout above 0.");
        this.model = model;
        this.languageModel = settings.LanguageModel != 0 ? languageModel : null;
        this.examples = examples;
        this.settings = settings;
        this.device = device;
        model.Decoder.Dropout = settings.Dropout;
        contrast = settings.Contrast == Contrast.None ? null : new ContrastiveTerm(settings, model.Decoder.Config.HiddenSize, device);
        Parameters = Named();
    }

    public IReadOnlyList<(string Name, Parameter Parameter)> Parameters { get; }

    public IEnumerable<(string Name, Tensor Value)> Buffers => contrast?.Buffers ?? [];

    public int Examples => examples.Count;

    public int Tokens(int example)
    {
        var pairs = examples[example];
        return pairs[0].Prompt.Length + pairs.Sum(p => p.Chosen.Length + p.Rejected.Length);
    }

    /// <inheritdoc/>
    public void Accumulate(TrainingStep step)
    {
        model.train();
        if (contrast is not null && step.Passes.Count > 1)
            AccumulateByFeatures(step, contrast);
        else
            for (var pass = 0; pass < step.Passes.Count; pass++)
                AccumulateDirectly(step, pass);
    }

    /// <summary>Mean pair loss and accuracy (ties one half) over held-out pairs, without dropout.</summary>
    public (double Loss, double Accuracy) Measure(IReadOnlyList<PreferencePair> held, int tokensPerPass, CancellationToken stopping = default)
    {
        var scores = RewardScorer.Score(model, held, tokensPerPass, device, stopping);
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var differences = tensor(scores.Select(s => s.Chosen - s.Rejected).ToArray());
        var loss = BradleyTerry.Loss(differences).mean().ToDouble();
        return (loss, BradleyTerry.Hits(differences).sum().ToDouble() / held.Count);
    }

    private void AccumulateDirectly(TrainingStep step, int pass)
    {
        using var scope = NewDisposeScope();
        var pairs = PairsOf(step.Passes[pass]);
        using var batch = Pack(step.Passes[pass]);
        var total = step.Examples.Count;
        var hidden = Hidden(step, pass, 0, batch);
        var features = LastRows(hidden, batch);
        var loss = PairLoss(step, features, pairs) / total;
        if (contrast is not null)
        {
            var other = LastRows(Hidden(step, pass, 1, batch), batch);
            loss = (loss + PairLoss(null, other, pairs) / total) / 2;
            loss = loss + Contrastive(step, contrast, features, other) * settings.Beta;
        }
        if (languageModel is not null)
            loss = loss + LanguageTerm(step, hidden, batch) * (settings.LanguageModel / step.Examples.Sum(ChosenTokens));
        loss.backward();
        step.Add("loss", loss, 1.0 / step.Passes.Count);
    }

    /// <summary>
    /// A contrastive term looks at the whole batch, and a pass holds only part of it. So: features of all passes without gradient, the loss and its gradient
    /// with regard to the features, then each pass again (same masks) with that gradient as its own. The result is that of one big pass.
    /// </summary>
    private void AccumulateByFeatures(TrainingStep step, ContrastiveTerm term)
    {
        using var scope = NewDisposeScope();
        var pairs = PairsOf(step.Examples);
        var total = step.Examples.Count;
        var leaves = new Tensor[2];
        for (var view = 0; view < 2; view++)
            leaves[view] = FeaturesWithoutGradient(step, view).requires_grad_(true);
        var loss = (PairLoss(step, leaves[0], pairs) + PairLoss(null, leaves[1], pairs)) / (2.0 * total);
        loss = loss + Contrastive(step, term, leaves[0], leaves[1]) * settings.Beta;
        loss.backward();
        step.Add("loss", loss, 1);
        var toward = leaves.Select(l => l.grad ?? zeros_like(l)).ToArray();
        var words = step.Examples.Sum(ChosenTokens);
        long at = 0;
        for (var pass = 0; pass < step.Passes.Count; pass++)
        {
            long rows = 2L * step.Passes[pass].Sum(e => examples[e].Count);
            for (var view = 0; view < 2; view++)
            {
                using var inner = NewDisposeScope();
                using var batch = Pack(step.Passes[pass]);
                var hidden = Hidden(step, pass, view, batch);
                var pull = (LastRows(hidden, batch) * toward[view].narrow(0, at, rows)).sum();
                if (view == 0 && languageModel is not null)
                {
                    var language = LanguageTerm(step, hidden, batch) * (settings.LanguageModel / words);
                    step.Add("loss", language, 0);
                    pull = pull + language;
                }
                pull.backward();
            }
            at += rows;
        }
    }

    private Tensor FeaturesWithoutGradient(TrainingStep step, int view)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        for (var pass = 0; pass < step.Passes.Count; pass++)
        {
            using var batch = Pack(step.Passes[pass]);
            parts.Add(LastRows(Hidden(step, pass, view, batch), batch));
        }
        return cat(parts, 0).MoveToOuterDisposeScope();
    }

    private Tensor Hidden(TrainingStep step, int pass, int view, PackedBatch batch)
    {
        step.Seed(pass, view);
        return model.Decoder.Hidden(batch);
    }

    private static Tensor LastRows(Tensor hidden, PackedBatch batch) => hidden.index_select(0, batch.LastIndex);

    /// <summary>Sum over the pairs of weight · (−(1−α) log σ(d − m) − α log σ(m − d) + c (r_c + r_r)²), METHOD's soft label with margin and centring.</summary>
    /// <param name="features">(2 · pairs, hidden): chosen, rejected, chosen, …</param>
    private Tensor PairLoss(TrainingStep? step, Tensor features, Targets pairs)
    {
        var rewards = model.Score(features).to(ScalarType.Float32).reshape(-1, 2);
        var chosen = rewards.select(1, 0);
        var rejected = rewards.select(1, 1);
        var difference = chosen - rejected;
        var weights = tensor(pairs.Weights, device: device);
        var losses = BradleyTerry.SoftWithMargin(difference, tensor(pairs.Alphas, device: device), tensor(pairs.Margins, device: device));
        if (settings.Centring != 0)
            losses = losses + BradleyTerry.Centring(chosen, rejected) * settings.Centring;
        if (step is not null)
        {
            step.Add("accuracy", BradleyTerry.Hits(difference).sum(), pairs.Weights.Length);
            step.Add("margin", difference.sum(), pairs.Weights.Length);
        }
        return (losses * weights).sum();
    }

    private Tensor Contrastive(TrainingStep step, ContrastiveTerm term, Tensor features, Tensor other)
    {
        var value = term.Loss(Samples(features), Samples(other));
        step.Add("contrastive", value, 1);
        return value;
    }

    /// <summary>(2 · pairs, hidden) either way: the features themselves, or each difference and its negative.</summary>
    private Tensor Samples(Tensor features)
    {
        features = features.to(ScalarType.Float32);
        if (settings.ContrastOn == ContrastOn.Pairs)
            return features;
        var twos = features.reshape(-1, 2, features.shape[1]);
        var difference = twos.select(1, 0) - twos.select(1, 1);
        return cat([difference, difference.neg()], 0);
    }

    /// <summary>Summed cross-entropy of the chosen responses' tokens.</summary>
    private Tensor LanguageTerm(TrainingStep step, Tensor hidden, PackedBatch batch)
    {
        var places = new List<long>();
        long at = 0;
        for (var sequence = 0; sequence < batch.TargetLengths.Length; sequence++)
        {
            for (var i = 0; sequence % 2 == 0 && i < batch.TargetLengths[sequence]; i++)
                places.Add(at + i);
            at += batch.TargetLengths[sequence];
        }
        var rows = tensor(places.ToArray(), device: device);
        var logits = languageModel!.Logits(hidden.index_select(0, batch.PredictIndex.index_select(0, rows))).to(ScalarType.Float32);
        var loss = nn.functional.cross_entropy(logits, batch.TargetIds.index_select(0, rows), reduction: nn.Reduction.Sum);
        step.Add("lm_loss", loss, places.Count);
        return loss;
    }

    private double ChosenTokens(int example) => examples[example].Sum(p => (double)p.Chosen.Length);

    private PackedBatch Pack(IReadOnlyList<int> pass) => PackedBatch.FromGroups(
        pass.Select(e => new PackedGroup(examples[e][0].Prompt, examples[e].SelectMany(p => new[] { p.Chosen, p.Rejected }).ToList())).ToList(), device);

    private Targets PairsOf(IReadOnlyList<int> chosen)
    {
        var pairs = chosen.SelectMany(e => examples[e].Select(p => (Pair: p, Weight: 1f / examples[e].Count))).ToList();
        return new Targets([.. pairs.Select(p => p.Pair.Margin)], [.. pairs.Select(p => p.Pair.Alpha)], [.. pairs.Select(p => p.Weight)]);
    }

    private sealed record Targets(float[] Margins, float[] Alphas, float[] Weights);

    private List<(string, Parameter)> Named()
    {
        var named = model.named_parameters().Select(p => (p.name, p.parameter)).ToList();
        if (languageModel is not null)
        {
            var known = named.Select(n => n.parameter.Handle).ToHashSet();
            named.AddRange(languageModel.named_parameters().Where(p => !known.Contains(p.parameter.Handle)).Select(p => ("language." + p.name, p.parameter)));
        }
        if (contrast is not null)
            named.AddRange(contrast.Parameters);
        return named;
    }
}
