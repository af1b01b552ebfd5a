using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Training;
using TorchSharp;

namespace DataflowRlhf.Learning.Tests.Training;

public class RecomputationTests
{
    [Theory]
    [InlineData("llama", 0)]
    [InlineData("llama", 0.2)]
    [InlineData("gpt2", 0.2)]
    [InlineData("gpt_neox", 0)]
    public void Supervised_gradients_are_the_same_to_rounding(string type, double dropout)
    {
        using var model = Tiny.Language(type: type);
        model.Decoder.Dropout = dropout;
        var rows = Tiny.Pairs(10).Select(p => new SftExample(p.Prompt, p.Chosen)).ToList();
        var kept = Tiny.Gradients(new SftTrainer(model, rows, everything: true, torch.CPU), tokensPerPass: 40);
        model.Decoder.Recomputes = true;
        var again = Tiny.Gradients(new SftTrainer(model, rows, everything: true, torch.CPU), tokensPerPass: 40);
        again.Loss.Should().Be(kept.Loss);
        Tiny.Distance(again.Gradients, kept.Gradients).Should().BeLessThan(1e-6, "shared embeddings add their two parts in another order");
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(30)]
    public void So_are_those_of_a_reward_model_with_two_views(int tokensPerPass)
    {
        using var model = Tiny.Reward();
        var settings = new RewardSettings { Contrast = Contrast.Simcse, Dropout = 0.1, Temperature = 0.5, Beta = 1 };
        var kept = Tiny.Gradients(Tiny.Trainer(model, Tiny.Pairs(8), settings), tokensPerPass);
        model.Decoder.Recomputes = true;
        var again = Tiny.Gradients(Tiny.Trainer(model, Tiny.Pairs(8), settings), tokensPerPass);
        again.Loss.Should().BeApproximately(kept.Loss, 1e-6);
        Tiny.Distance(again.Gradients, kept.Gradients).Should().BeLessThan(1e-5, "two views' gradients are added in another order");
    }

    [Fact]
    public void So_are_those_of_a_meta_step()
    {
        using var model = Tiny.Reward().Loud();
        var shifted = Tiny.Pairs(6).ConvertAll(p => new PackedGroup(p.Prompt, [p.Chosen, p.Rejected]));
        MetaTrainer Trainer() => new(model, Tiny.Pairs(8), shifted, 4, 0.01, 1, torch.CPU);
        var kept = Tiny.Gradients(Trainer());
        model.Decoder.Recomputes = true;
        var again = Tiny.Gradients(Trainer());
        again.Loss.Should().Be(kept.Loss);
        Tiny.Distance(again.Gradients, kept.Gradients).Should().BeLessThan(1e-6);
    }
}
