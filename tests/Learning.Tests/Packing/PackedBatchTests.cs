using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Tests.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Packing;

public sealed class PackedBatchTests
{
    private static readonly PackedGroup[] Groups =
    [
        new([3, 4, 5, 6, 7], [[8, 9, 1], [10, 1]]),
        new([12, 13], [[14, 15, 16, 17, 18, 19, 1], [11, 1], [9, 9, 1]]),
        new([20, 21, 22, 23, 3, 4, 5, 6, 7, 8, 9], [[2, 1]]),
    ];

    [Fact]
    public void Lays_a_prompt_once_and_restarts_positions_at_each_branch()
    {
        using var batch = PackedBatch.FromGroups([new([5, 6], [[7, 8], [9]])], CPU);
        batch.Ids.data<long>().ToArray().Should().Equal(5, 6, 7, 8, 9);
        batch.Positions.data<long>().ToArray().Should().Equal(0, 1, 2, 3, 2);
        batch.LastIndex.data<long>().ToArray().Should().Equal(3, 4);
        batch.PredictIndex.data<long>().ToArray().Should().Equal(1, 2, 1);
        batch.TargetIds.data<long>().ToArray().Should().Equal(7, 8, 9);
        batch.TargetLengths.Should().Equal(2, 1);
    }

    [Fact]
    public void A_sequence_alone_predicts_from_its_second_token_on()
    {
        using var batch = PackedBatch.FromSequences([[5, 6, 7], [8, 9]], CPU);
        batch.TargetIds.data<long>().ToArray().Should().Equal(6, 7, 9);
        batch.PredictIndex.data<long>().ToArray().Should().Equal(0, 1, 3);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("mistral")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("gpt2")]
    [InlineData("gpt_neox")]
    [InlineData("gemma")]
    public void Forward_and_backward_equal_each_sequence_on_its_own(string type)
    {
        var (packed, packedGradients) = Run(type, model =>
        {
            using var batch = PackedBatch.FromGroups(Groups, CPU);
            return model.Rewards(batch).square();
        });
        var (alone, aloneGradients) = Run(type, model => cat([.. Groups.SelectMany(g => g.Branches.Select(b => (int[])[.. g.Prompt, .. b])).Select(sequence =>
        {
            using var batch = PackedBatch.FromSequences([sequence], CPU);
            return model.Rewards(batch).square();
        })], 0));
        Tiny.Distance(packed, alone).Should().BeLessThan(1e-5);
        Tiny.Distance(packedGradients, aloneGradients).Should().BeLessThan(1e-5);
    }

    private static (float[] Values, float[] Gradients) Run(string type, Func<RewardModel, Tensor> forward)
    {
        using var scope = NewDisposeScope();
        using var model = Tiny.Reward(type: type).Loud();
        var values = forward(model);
        values.sum().backward();
        return (Tiny.Values(values), [.. model.parameters().Where(p => p.grad is not null).SelectMany(p => Tiny.Values(p.grad!))]);
    }

    [Fact]
    public void Does_not_look_at_other_branches_or_groups()
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var model = Tiny.Reward();
        float[] Scores(int[] other)
        {
            using var batch = PackedBatch.FromGroups([new([3, 4], [[5, 1], other]), new([7], [[8, 1]])], CPU);
            return Tiny.Values(model.Rewards(batch));
        }
        var (one, two) = (Scores([9, 10, 1]), Scores([20, 1]));
        one[0].Should().BeApproximately(two[0], 1e-6f);
        one[2].Should().BeApproximately(two[2], 1e-6f);
        one[1].Should().NotBe(two[1]);
    }

    [Fact]
    public void A_sequence_beyond_the_models_positions_is_refused()
    {
        using var model = Tiny.Reward();
        using var batch = PackedBatch.FromSequences([Enumerable.Repeat(3, 65).ToArray()], CPU);
        var run = () => model.Rewards(batch);
        run.Should().Throw<ArgumentException>().WithMessage("*65 tokens*64 positions*");
    }
}
