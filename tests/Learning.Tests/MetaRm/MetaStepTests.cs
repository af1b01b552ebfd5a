using DataflowRlhf.Learning.MetaRm;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Tests.Training;
using DataflowRlhf.Learning.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = DataflowRlhf.Learning.Training.AdamW;

namespace DataflowRlhf.Learning.Tests.MetaRm;

/// <summary>θ' = θ + η ∇J is visited and left without a trace.</summary>
public sealed class MetaStepTests
{
    private static readonly List<PackedGroup> Shifted =
        [.. Tiny.Pairs(6, seed: 40).Select((p, i) => new PackedGroup(p.Prompt, [p.Chosen, p.Rejected, [10 + i, 12, Tiny.Eos], [Tiny.Good, Tiny.Eos]]))];

    private static readonly PackedGroup[] Pairs = [.. Tiny.Pairs(8).Select(p => new PackedGroup(p.Prompt, [p.Chosen, p.Rejected]))];

    private static Tensor J(RewardModel model)
    {
        using var batch = PackedBatch.FromGroups(Shifted, CPU);
        return DifferenceLoss.J(model.Rewards(batch).to(ScalarType.Float32).reshape(-1, 4));
    }

    private static Tensor PairLoss(RewardModel model)
    {
        using var batch = PackedBatch.FromGroups(Pairs, CPU);
        var rewards = model.Rewards(batch).to(ScalarType.Float32).reshape(-1, 2);
        return Learning.Losses.BradleyTerry.Loss(rewards.select(1, 0) - rewards.select(1, 1)).mean();
    }

    private static Parameter[] Parameters(RewardModel model) => [.. model.parameters()];

    private static byte[] Bits(IEnumerable<Tensor> tensors) => [.. tensors.SelectMany(t => t.detach().reshape(-1).bytes.ToArray())];

    private static byte[] Gradients(RewardModel model) => Bits(model.parameters().Select(p => (Tensor)p.grad!));

    [Fact]
    public void With_eta_0_it_is_the_plain_step_bit_for_bit()
    {
        using var scope = NewDisposeScope();
        using var plain = Tiny.Reward().Loud();
        using var meta = Tiny.Reward().Loud();
        using var plainAdam = AdamW.For(plain.named_parameters().Select(p => (p.name, p.parameter)), weightDecay: 0.1);
        using var metaAdam = AdamW.For(meta.named_parameters().Select(p => (p.name, p.parameter)), weightDecay: 0.1);
        for (var step = 0; step < 3; step++)
        {
            plainAdam.ZeroGradients();
            PairLoss(plain).backward();
            MetaStep.Run(Parameters(meta), () => J(meta), () => PairLoss(meta), eta: 0);
            Gradients(meta).Should().Equal(Gradients(plain));
            plainAdam.Step(0.01);
            metaAdam.Step(0.01);
            Bits(metaAdam.State().Select(s => s.Value)).Should().Equal(Bits(plainAdam.State().Select(s => s.Value)));
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Nothing_of_the_climb_remains_but_the_gradient(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var model = Typed(type);
        var before = Bits(model.parameters());
        byte[] climbed = [];
        var loss = 0.0;
        MetaStep.Run(Parameters(model), () => J(model), () =>
        {
            climbed = Bits(model.parameters());
            var value = PairLoss(model);
            loss = value.ToDouble();
            return value;
        }, eta: 0.7);
        climbed.Should().NotEqual(before);
        loss.Should().NotBe(PairLoss(model).ToDouble());
        Bits(model.parameters()).Should().Equal(before);
    }

    [Fact]
    public void The_gradient_is_that_of_the_climbed_weights_and_the_optimizer_sees_nothing_else()
    {
        using var scope = NewDisposeScope();
        using var model = Tiny.Reward().Loud();
        using var byHand = Tiny.Reward().Loud();
        J(byHand).backward();
        var climb = byHand.parameters().Select(p => p.grad!.clone()).ToArray();
        var original = byHand.parameters().Select(p => p.detach().clone()).ToArray();
        using (no_grad())
            foreach (var (parameter, slope) in byHand.parameters().Zip(climb))
                parameter.add_(slope, 0.7);
        byHand.zero_grad();
        PairLoss(byHand).backward();
        using (no_grad())
            foreach (var (parameter, kept) in byHand.parameters().Zip(original))
                parameter.copy_(kept);

        MetaStep.Run(Parameters(model), () => J(model), () => PairLoss(model), eta: 0.7);
        Gradients(model).Should().Equal(Gradients(byHand));
        using var adam = AdamW.For(model.named_parameters().Select(p => (p.name, p.parameter)));
        using var other = AdamW.For(byHand.named_parameters().Select(p => (p.name, p.parameter)));
        adam.Step(0.01);
        other.Step(0.01);
        Bits(adam.State().Select(s => s.Value)).Should().Equal(Bits(other.State().Select(s => s.Value)));
    }

    [Fact]
    public void A_fault_at_the_climbed_weights_puts_the_old_ones_back()
    {
        using var model = Tiny.Reward().Loud();
        var before = Bits(model.parameters());
        FluentActions.Invoking(() => MetaStep.Run(Parameters(model), () => J(model), () => throw new OperationCanceledException(), eta: 0.7))
            .Should().Throw<OperationCanceledException>();
        Bits(model.parameters()).Should().Equal(before);
    }

    [Fact]
    public void Climbing_widens_the_differences()
    {
        using var scope = NewDisposeScope();
        using var model = Tiny.Reward().Loud();
        var (before, after) = (J(model).ToDouble(), 0.0);
        MetaStep.Run(Parameters(model), () => J(model), () =>
        {
            after = J(model).ToDouble();
            return PairLoss(model);
        }, eta: 0.1);
        after.Should().BeGreaterThan(before);
        before.Should().BeInRange(3.0 / 8, 3.0 / 4, "J lies in [(k − 1)/(2k), (k − 1)/k)");
    }

    [Fact]
    public void A_negative_eta_is_refused()
    {
        using var model = Tiny.Reward();
        FluentActions.Invoking(() => MetaStep.Run(Parameters(model), () => J(model), () => PairLoss(model), eta: -0.1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void One_response_a_prompt_is_refused()
    {
        using var model = Tiny.Reward();
        FluentActions.Invoking(() => DifferenceLoss.J(ones(3, 1))).Should().Throw<ArgumentException>().WithMessage("*at least 2*");
        FluentActions.Invoking(() => new MetaTrainer(model, Tiny.Pairs(2), [new PackedGroup([12], [[13, Tiny.Eos]])], 1, 0.1, 1, CPU))
            .Should().Throw<ArgumentException>().WithMessage("*at least 2*");
        FluentActions.Invoking(() => new MetaTrainer(model, Tiny.Pairs(2), [new PackedGroup([12], [[13], [14]]), new PackedGroup([12], [[13], [14], [15]])], 1, 0.1, 1, CPU))
            .Should().Throw<ArgumentException>().WithMessage("*same number*");
    }

    [Fact]
    public void The_trainer_with_eta_0_trains_as_the_reward_trainer_does()
    {
        using var plain = Tiny.Reward();
        using var meta = Tiny.Reward();
        var reward = Tiny.Trainer(plain, Tiny.Pairs(48));
        var trainer = new MetaTrainer(meta, Tiny.Pairs(48), Shifted, metaBatch: 3, eta: 0, seed: 6, CPU);
        var expected = new TrainingLoop(reward, Tiny.Settings()).Run();
        var curves = new TrainingLoop(trainer, Tiny.Settings()).Run();
        curves["loss"].Select(p => p.Value).Zip(expected["loss"].Select(p => p.Value), (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-4);
        curves["difference"].Should().OnlyContain(p => p.Value >= 3.0 / 8 && p.Value < 3.0 / 4);
    }

    /// <summary>The loud tiny model, its weights in another type.</summary>
    private static RewardModel Typed(ScalarType type)
    {
        using var model = Tiny.Reward().Loud();
        var folder = Directory.CreateTempSubdirectory("meta-").FullName;
        ModelFolder.Save(model, folder, null, "# tiny\n");
        var typed = ModelFolder.LoadReward(folder, CPU, dtype: type);
        Directory.Delete(folder, recursive: true);
        return typed;
    }
}
