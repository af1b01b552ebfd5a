using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Models.Lora;
using DataflowRlhf.Learning.Ppo;
using DataflowRlhf.Learning.Tests.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Ppo;

public sealed class SharedWeightsTests
{
    private static readonly int[][] Prompts = [[12, 13, 14], [20, 11], [15, 16, 17, 18, 19]];
    private static readonly LoraSettings Lora = new() { Rank = 2, Alpha = 4 };

    private static PpoSettings Settings(double rate) => new()
    {
        Sampling = new() { MaxNewTokens = 6, Temperature = 0.7, StopIds = [1, 3] },
        SamplesPerPrompt = 3,
        Epochs = 2,
        MiniBatch = 5,
        PolicyRate = rate,
        ValueRate = rate,
        Seed = 9,
    };

    [Fact]
    public void A_reference_within_the_policy_is_the_reference_beside_it()
    {
        var figures = new List<List<double>>();
        foreach (var shared in new[] { true, false })
        {
            using var policy = Tiny.Language(1).Loud();
            using var reference = shared ? null : Tiny.Language(1).Loud();
            policy.Adapt(Lora, seed: 5);
            using var reward = Tiny.Reward(3).Loud();
            using var values = ValueModel.FromReward(reward);
            using var trainer = new PpoTrainer(policy, reference, reward, values, Settings(0.01), CPU);
            figures.Add([.. Enumerable.Range(0, 3).SelectMany(i => trainer.Iterate(Prompts, i).Select(f => f.Value))]);
        }
        figures[0].Should().Equal(figures[1]);
        figures[0].Should().Contain(v => Math.Abs(v) > 0.01);
    }

    [Fact]
    public void A_value_model_within_the_reward_model_leaves_its_scores_alone()
    {
        using var policy = Tiny.Language(1).Loud();
        using var reference = Tiny.Language(1).Loud();
        using var reward = Tiny.Reward(3).Loud();
        var (weights, scores) = (Tiny.Values(reward.Decoder.Named[0].Value), Scores(reward));
        reward.Decoder.Adapt(Lora, seed: 6);
        using var values = ValueModel.Beside(reward);
        using var trainer = new PpoTrainer(policy, reference, reward, values, Settings(0.01), CPU);
        trainer.Iterate(Prompts, 0);
        Tiny.Values(reward.Decoder.Named[0].Value).Should().Equal(weights);
        Scores(reward).Should().NotEqual(scores, "the adapters have learnt values");
        using (reward.Decoder.Adapters!.Off())
            Scores(reward).Should().Equal(scores);
    }

    [Fact]
    public void Without_adapters_there_is_no_reference_within()
    {
        using var policy = Tiny.Language(1);
        using var reward = Tiny.Reward(3);
        using var values = ValueModel.FromReward(reward);
        FluentActions.Invoking(() => new PpoTrainer(policy, null, reward, values, Settings(0.01), CPU)).Should().Throw<ArgumentException>().WithMessage("*needs a reference*");
    }

    private static List<double> Scores(RewardModel model) =>
        [.. DataflowRlhf.Learning.Training.RewardScorer.Score(model, Tiny.Pairs(5), 1000, CPU).Select(s => (double)s.Chosen)];
}
