using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>
/// Supervised fine-tuning: the mean cross-entropy of the next token, over the response's tokens or over all. The logits are made only for rows that
/// predict something.
/// </summary>
/// <param name="everything">Learn the prompt's tokens too; else only the response's.</param>
public sealed class SftTrainer(CausalLm model, IReadOnlyList<SftExample> examples, bool everything, Device device) : ITrainingObjective
{
    public IReadOnlyList<(string Name, Parameter Parameter)> Parameters { get; } = Trainable.Of(model);

    public int Examples => examples.Count;

    public int Tokens(int example) => examples[example].Prompt.Length + examples[example].Response.Length;

    /// <inheritdoc/>
    public void Accumulate(TrainingStep step)
    {
        model.train();
        var total = step.Examples.Sum(e => (double)Targets(examples[e]));
        for (var pass = 0; pass < step.Passes.Count; pass++)
        {
            using var scope = NewDisposeScope();
            using var batch = Pack(step.Passes[pass].Select(e => examples[e]).ToList());
            step.Seed(pass);
            var (loss, hits, targets) = Sums(batch);
            model.Decoder.Backward(loss / total);
            step.Add("loss", loss, targets);
            step.Add("accuracy", hits, targets);
        }
    }

    /// <summary>Mean cross-entropy (natural logarithm) and share of tokens guessed right over held-out examples, without dropout.</summary>
    public (double Loss, double Accuracy) Measure(IReadOnlyList<SftExample> held, int tokensPerPass, CancellationToken stopping = default)
    {
        using var off = no_grad();
        model.eval();
        double loss = 0, hits = 0, targets = 0;
        foreach (var pass in Passes.Cut(Enumerable.Range(0, held.Count).ToList(), e => held[e].Prompt.Length + held[e].Response.Length, tokensPerPass))
        {
            stopping.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var batch = Pack(pass.Select(e => held[e]).ToList());
            var sums = Sums(batch);
            loss += sums.Loss.ToDouble();
            hits += sums.Hits.ToDouble();
            targets += sums.Targets;
        }
        return (loss / targets, hits / targets);
    }

    private int Targets(SftExample example) => everything ? example.Prompt.Length + example.Response.Length - 1 : example.Response.Length;

    private PackedBatch Pack(List<SftExample> rows) => everything
        ? PackedBatch.FromSequences(rows.Select(r => (int[])[.. r.Prompt, .. r.Response]).ToList(), device)
        : PackedBatch.FromGroups(rows.Select(r => new PackedGroup(r.Prompt, [r.Response])).ToList(), device);

    private (Tensor Loss, Tensor Hits, double Targets) Sums(PackedBatch batch)
    {
        var logits = model.Logits(model.Hidden(batch).index_select(0, batch.PredictIndex)).to(ScalarType.Float32);
        var loss = nn.functional.cross_entropy(logits, batch.TargetIds, reduction: nn.Reduction.Sum);
        var hits = logits.detach().argmax(1).eq(batch.TargetIds).sum();
        return (loss, hits, batch.TargetIds.shape[0]);
    }
}
