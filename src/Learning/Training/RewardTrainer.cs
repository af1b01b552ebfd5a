using DataflowRlhf.Learning.Losses;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>
/// The reward model's objective: pair loss with margin and soft label, or Plackett–Luce over ranked responses; centring, a language-model term, a contrastive term.
/// An example is a prompt with its responses, each computed once a pass, and the comparisons between them; each example weighs the same, and its comparisons share
/// its weight (InstructGPT, book (6)).
/// </summary>
public sealed class RewardTrainer : ITrainingObjective
{
    private readonly RewardModel model;
    private readonly CausalLm? languageModel;
    private readonly IReadOnlyList<ComparisonGroup> examples;
    private readonly RewardSettings settings;
    private readonly Device device;
    private readonly ContrastiveTerm? contrast;

    /// <param name="model">What is trained.</param>
    /// <param name="languageModel">A language model over the same decoder (shared parameters), for the language-model term; else null.</param>
    /// <param name="examples">The pairs of one prompt, together; or each pair by itself.</param>
    public RewardTrainer(RewardModel model, CausalLm? languageModel, IReadOnlyList<IReadOnlyList<PreferencePair>> examples, RewardSettings settings, Device device)
        : this(model, languageModel, [.. examples.Select(e => ComparisonGroup.Of(e))], settings, device)
    {
    }

    /// <param name="model">What is trained.</param>
    /// <param name="languageModel">A language model over the same decoder (shared parameters), for the language-model term; else null.</param>
    /// <param name="examples">Prompts with their compared responses.</param>
    public RewardTrainer(RewardModel model, CausalLm? languageModel, IReadOnlyList<ComparisonGroup> examples, RewardSettings settings, Device device)
    {
        if (settings.Listwise && examples.Any(e => e.Comparisons.Any(c => c.Chosen >= c.Rejected || c.Margin != 0 || c.Alpha != 0)))
            throw new ArgumentException("Plackett–Luce takes responses best first, without margins and soft labels.");
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

    public int Tokens(int example) => examples[example].Tokens;

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
        var targets = TargetsOf(step.Passes[pass]);
        using var batch = Pack(step.Passes[pass]);
        var total = step.Examples.Count;
        var hidden = Hidden(step, pass, 0, batch);
        var features = LastRows(hidden, batch);
        var loss = Compared(step, features, targets) / total;
        if (contrast is not null)
        {
            var other = LastRows(Hidden(step, pass, 1, batch), batch);
            loss = (loss + Compared(null, other, targets) / total) / 2;
            loss = loss + Contrastive(step, contrast, features, other, targets) * settings.Beta;
        }
        if (languageModel is not null)
            loss = loss + LanguageTerm(step, hidden, batch, step.Passes[pass]) * (settings.LanguageModel / step.Examples.Sum(ChosenTokens));
        model.Decoder.Backward(loss);
        step.Add("loss", loss, 1.0 / step.Passes.Count);
    }

    /// <summary>
    /// A contrastive term looks at the whole batch, and a pass holds only part of it. So: features of all passes without gradient, the loss and its gradient
    /// with regard to the features, then each pass again (same masks) with that gradient as its own. The result is that of one big pass.
    /// </summary>
    private void AccumulateByFeatures(TrainingStep step, ContrastiveTerm term)
    {
        using var scope = NewDisposeScope();
        var targets = TargetsOf(step.Examples);
        var total = step.Examples.Count;
        var leaves = new Tensor[2];
        for (var view = 0; view < 2; view++)
            leaves[view] = FeaturesWithoutGradient(step, view).requires_grad_(true);
        var loss = (Compared(step, leaves[0], targets) + Compared(null, leaves[1], targets)) / (2.0 * total);
        loss = loss + Contrastive(step, term, leaves[0], leaves[1], targets) * settings.Beta;
        loss.backward();
        step.Add("loss", loss, 1);
        var toward = leaves.Select(l => l.grad ?? zeros_like(l)).ToArray();
        var words = step.Examples.Sum(ChosenTokens);
        long at = 0;
        for (var pass = 0; pass < step.Passes.Count; pass++)
        {
            long rows = step.Passes[pass].Sum(e => examples[e].Responses.Count);
            for (var view = 0; view < 2; view++)
            {
                using var inner = NewDisposeScope();
                using var batch = Pack(step.Passes[pass]);
                var hidden = Hidden(step, pass, view, batch);
                var pull = (LastRows(hidden, batch) * toward[view].narrow(0, at, rows)).sum();
                if (view == 0 && languageModel is not null)
                {
                    var language = LanguageTerm(step, hidden, batch, step.Passes[pass]) * (settings.LanguageModel / words);
                    step.Add("loss", language, 0);
                    pull = pull + language;
                }
                model.Decoder.Backward(pull);
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

    /// <summary>
    /// Sum over the examples of the mean of their comparisons' −(1−α) log σ(d − m) − α log σ(m − d) + c (r_c + r_r)², METHOD's soft label with margin and centring;
    /// listwise of Plackett–Luce instead, with the same centring.
    /// </summary>
    /// <param name="features">(responses, hidden).</param>
    private Tensor Compared(TrainingStep? step, Tensor features, Targets targets)
    {
        var rewards = model.Score(features).to(ScalarType.Float32);
        var chosen = rewards.index_select(0, tensor(targets.Chosen, device: device));
        var rejected = rewards.index_select(0, tensor(targets.Rejected, device: device));
        var difference = chosen - rejected;
        var weights = tensor(targets.Weights, device: device);
        if (step is not null)
        {
            step.Add("accuracy", BradleyTerry.Hits(difference).sum(), targets.Weights.Length);
            step.Add("margin", difference.sum(), targets.Weights.Length);
        }
        var centring = settings.Centring != 0 ? (BradleyTerry.Centring(chosen, rejected) * weights).sum() * settings.Centring : null;
        var loss = settings.Listwise
            ? Listwise(rewards, targets)
            : (BradleyTerry.SoftWithMargin(difference, tensor(targets.Alphas, device: device), tensor(targets.Margins, device: device)) * weights).sum();
        return centring is null ? loss : loss + centring;
    }

    /// <summary>Sum over the examples of −Σ log(exp r_(i) / Σ_{j≥i} exp r_(j)); those with equally many responses are computed together.</summary>
    /// <param name="rewards">(responses).</param>
    private Tensor Listwise(Tensor rewards, Targets targets)
    {
        var parts = targets.Lists.GroupBy(l => l.Count).OrderBy(g => g.Key).Select(lists =>
        {
            var places = tensor(lists.SelectMany(l => Enumerable.Range(l.Start, l.Count).Select(i => (long)i)).ToArray(), device: device);
            return Ranking.PlackettLuce(rewards.index_select(0, places).reshape(-1, lists.Key)).sum();
        });
        return stack(parts).sum();
    }

    private Tensor Contrastive(TrainingStep step, ContrastiveTerm term, Tensor features, Tensor other, Targets targets)
    {
        var value = term.Loss(Samples(features, targets), Samples(other, targets));
        step.Add("contrastive", value, 1);
        return value;
    }

    /// <summary>The features themselves, (responses, hidden), or the difference of each comparison and its negative, (2 · comparisons, hidden).</summary>
    private Tensor Samples(Tensor features, Targets targets)
    {
        features = features.to(ScalarType.Float32);
        if (settings.ContrastOn == ContrastOn.Pairs)
            return features;
        var difference = features.index_select(0, tensor(targets.Chosen, device: device)) - features.index_select(0, tensor(targets.Rejected, device: device));
        return cat([difference, difference.neg()], 0);
    }

    /// <summary>Summed cross-entropy of the tokens of the responses that were chosen in some comparison.</summary>
    private Tensor LanguageTerm(TrainingStep step, Tensor hidden, PackedBatch batch, IReadOnlyList<int> pass)
    {
        var places = new List<long>();
        var chosen = pass.SelectMany(e => Enumerable.Range(0, examples[e].Responses.Count).Select(r => IsChosen(examples[e], r))).ToList();
        long at = 0;
        for (var sequence = 0; sequence < batch.TargetLengths.Length; sequence++)
        {
            for (var i = 0; chosen[sequence] && i < batch.TargetLengths[sequence]; i++)
                places.Add(at + i);
            at += batch.TargetLengths[sequence];
        }
        var rows = tensor(places.ToArray(), device: device);
        var logits = languageModel!.Logits(hidden.index_select(0, batch.PredictIndex.index_select(0, rows))).to(ScalarType.Float32);
        var loss = nn.functional.cross_entropy(logits, batch.TargetIds.index_select(0, rows), reduction: nn.Reduction.Sum);
        step.Add("lm_loss", loss, places.Count);
        return loss;
    }

    private static bool IsChosen(ComparisonGroup example, int response) => example.Comparisons.Any(c => c.Chosen == response);

    private double ChosenTokens(int example) => examples[example].Responses.Where((_, r) => IsChosen(examples[example], r)).Sum(r => (double)r.Length);

    private PackedBatch Pack(IReadOnlyList<int> pass) => PackedBatch.FromGroups([.. pass.Select(e => new PackedGroup(examples[e].Prompt, examples[e].Responses))], device);

    private Targets TargetsOf(IReadOnlyList<int> chosen)
    {
        var (lists, comparisons) = (new List<(int Start, int Count)>(), new List<(int Start, ComparisonGroup.Comparison Of, float Weight)>());
        var start = 0;
        foreach (var example in chosen.Select(e => examples[e]))
        {
            lists.Add((start, example.Responses.Count));
            comparisons.AddRange(example.Comparisons.Select(c => (start, c, 1f / example.Comparisons.Count)));
            start += example.Responses.Count;
        }
        return new Targets(
            [.. comparisons.Select(c => (long)c.Start + c.Of.Chosen)], [.. comparisons.Select(c => (long)c.Start + c.Of.Rejected)],
            [.. comparisons.Select(c => c.Of.Margin)], [.. comparisons.Select(c => c.Of.Alpha)], [.. comparisons.Select(c => c.Weight)], lists);
    }

    /// <summary>The comparisons of several examples, by the places of their responses among all of them, and where each example's responses lie.</summary>
    private sealed record Targets(long[] Chosen, long[] Rejected, float[] Margins, float[] Alphas, float[] Weights, List<(int Start, int Count)> Lists);

    private List<(string Name, Parameter Parameter)> Named()
    {
        var named = Trainable.Of(model).ToList();
        if (languageModel is not null)
        {
            var known = named.Select(n => n.Parameter.Handle).ToHashSet();
            named.AddRange(Trainable.Of(languageModel).Where(p => !known.Contains(p.Parameter.Handle)).Select(p => ("language." + p.Name, p.Parameter)));
        }
        if (contrast is not null)
            named.AddRange(contrast.Parameters);
        return named;
    }
}
