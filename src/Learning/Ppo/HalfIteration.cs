using DataflowRlhf.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Ppo;

/// <summary>An iteration under way: its rollouts, and how far its updates are. It goes into a checkpoint, so that a stop costs one optimizer step and no sampling.</summary>
/// <param name="rollouts">Scored.</param>
/// <param name="moments">The reward's running moments before this iteration.</param>
internal sealed class HalfIteration(List<Rollout> rollouts, double[] moments)
{
    private const string Prefix = "half.";

    public List<Rollout> Rollouts { get; } = rollouts;
    public double[] Moments { get; } = moments;

    /// <summary>Optimizer steps taken.</summary>
    public int Steps { get; private set; }

    /// <summary>Sums over the tokens of the steps taken.</summary>
    public double PolicyLoss { get; private set; }
    public double ValueLoss { get; private set; }
    public double Clipped { get; private set; }
    public double Entropy { get; private set; }
    public double Tokens { get; private set; }

    /// <summary>Sum over the steps taken.</summary>
    public double Norm { get; private set; }

    public void Add(Sums sums, double tokens, double norm)
    {
        (PolicyLoss, ValueLoss, Clipped, Entropy) = (PolicyLoss + sums.Policy, ValueLoss + sums.Value, Clipped + sums.Clipped, Entropy + sums.Entropy);
        (Tokens, Norm, Steps) = (Tokens + tokens, Norm + norm, Steps + 1);
    }

    /// <summary>Sums over tokens of one optimizer step.</summary>
    public readonly record struct Sums(double Policy, double Value, double Clipped, double Entropy)
    {
        public static Sums operator +(Sums a, Sums b) => new(a.Policy + b.Policy, a.Value + b.Value, a.Clipped + b.Clipped, a.Entropy + b.Entropy);
    }

    /// <summary>All of it as tensors. Prompts go by their number: whoever reads gives them again.</summary>
    public IEnumerable<(string Name, Tensor Value)> State() =>
    [
        (Prefix + "prompts", tensor(Rollouts.Select(r => (long)r.PromptIndex).ToArray())),
        (Prefix + "lengths", tensor(Rollouts.Select(r => (long)r.Response.Length).ToArray())),
        (Prefix + "finished", tensor(Rollouts.Select(r => r.Finished ? 1L : 0L).ToArray())),
        (Prefix + "responses", tensor(Rollouts.SelectMany(r => r.Response.Select(id => (long)id)).ToArray())),
        (Prefix + "scores", tensor(Rollouts.Select(r => r.Score).ToArray())),
        (Prefix + "old", tensor(Rollouts.SelectMany(r => r.LogProbs).ToArray())),
        (Prefix + "reference", tensor(Rollouts.SelectMany(r => r.ReferenceLogProbs).ToArray())),
        (Prefix + "values", tensor(Rollouts.SelectMany(r => r.Values).ToArray())),
        (Prefix + "done", tensor(new[] { Steps, PolicyLoss, ValueLoss, Clipped, Entropy, Tokens, Norm })),
    ];

    /// <summary>What <see cref="State"/> gave; null where the checkpoint was taken between two iterations.</summary>
    public static HalfIteration? Read(TrainingCheckpoint.Saved saved, double[] moments)
    {
        if (!saved.Has(Prefix + "prompts"))
            return null;
        T[] Cells<T>(string name)
            where T : unmanaged
        {
            using var kept = saved.Tensor(Prefix + name);
            return kept.data<T>().ToArray();
        }
        var (prompts, lengths, finished, responses) = (Cells<long>("prompts"), Cells<long>("lengths"), Cells<long>("finished"), Cells<long>("responses"));
        var (scores, old, reference, values, done) = (Cells<float>("scores"), Cells<float>("old"), Cells<float>("reference"), Cells<float>("values"), Cells<double>("done"));
        var rollouts = new List<Rollout>(prompts.Length);
        var at = 0;
        for (var i = 0; i < prompts.Length; i++)
        {
            var end = at + (int)lengths[i];
            rollouts.Add(new Rollout((int)prompts[i], [.. responses[at..end].Select(id => (int)id)], finished[i] != 0)
            {
                Score = scores[i], LogProbs = old[at..end], ReferenceLogProbs = reference[at..end], Values = values[at..end],
            });
            at = end;
        }
        return new HalfIteration(rollouts, moments)
        {
            Steps = (int)done[0], PolicyLoss = done[1], ValueLoss = done[2], Clipped = done[3], Entropy = done[4], Tokens = done[5], Norm = done[6],
        };
    }
}
