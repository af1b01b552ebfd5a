using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Training;

/// <summary>Scores responses with a reward model, without gradients and without dropout, in packed passes.</summary>
public static class RewardScorer
{
    /// <summary>The reward of every branch, group by group in the order given.</summary>
    /// <param name="tokensPerPass">Tokens a forward pass; groups of like length are scored together, the order of the result is that of the groups.</param>
    public static float[] Score(RewardModel model, IReadOnlyList<PackedGroup> groups, int tokensPerPass, Device device, CancellationToken stopping = default)
    {
        using var off = no_grad();
        var training = model.training;
        model.eval();
        var starts = new int[groups.Count + 1];
        var lengths = new int[groups.Count];
        for (var i = 0; i < groups.Count; i++)
        {
            starts[i + 1] = starts[i] + groups[i].Branches.Count;
            lengths[i] = groups[i].Prompt.Length + groups[i].Branches.Sum(b => b.Length);
        }
        var scores = new float[starts[^1]];
        var byLength = Enumerable.Range(0, groups.Count).OrderBy(i => lengths[i]).ToList();
        foreach (var pass in Passes.Cut(byLength, i => lengths[i], tokensPerPass))
        {
            stopping.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var batch = PackedBatch.FromGroups(pass.Select(i => groups[i]).ToList(), device);
            var rewards = model.Rewards(batch).to(ScalarType.Float32).cpu().data<float>().ToArray();
            var at = 0;
            foreach (var group in pass)
                for (var branch = starts[group]; branch < starts[group + 1]; branch++)
                    scores[branch] = rewards[at++];
        }
        model.train(training);
        return scores;
    }

    /// <summary>Rewards of (chosen, rejected) for each pair.</summary>
    public static (float Chosen, float Rejected)[] Score(RewardModel model, IReadOnlyList<PreferencePair> pairs, int tokensPerPass, Device device, CancellationToken stopping = default)
    {
        var scores = Score(model, pairs.Select(p => new PackedGroup(p.Prompt, [p.Chosen, p.Rejected])).ToList(), tokensPerPass, device, stopping);
        return Enumerable.Range(0, pairs.Count).Select(i => (scores[2 * i], scores[2 * i + 1])).ToArray();
    }
}
