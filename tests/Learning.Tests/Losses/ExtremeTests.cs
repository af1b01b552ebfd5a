using DataflowRlhf.Learning.Losses;
using DataflowRlhf.Learning.Tests.Training;
using DataflowRlhf.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Losses;

/// <summary>Numbers that a formula taken literally would not survive, in float32.</summary>
public sealed class ExtremeTests
{
    private static void Finite(Tensor values) => Tiny.Values(values).Should().OnlyContain(v => float.IsFinite(v));

    [Fact]
    public void No_difference_is_too_large_for_the_pair_loss()
    {
        using var scope = NewDisposeScope();
        var d = tensor(new[] { -1e6f, -800f, -90f, 0f, 90f, 800f, 1e6f }).requires_grad_(true);
        var loss = BradleyTerry.SoftWithMargin(d, tensor(0.1f), tensor(0.5f));
        Finite(loss);
        loss.sum().backward();
        Finite(d.grad!);
        Tiny.Values(BradleyTerry.Loss(d))[0].Should().Be(1e6f);
        Tiny.Values(d.grad!)[0].Should().BeApproximately(-0.9f, 1e-6f, "far out the slope is that of a line");
    }

    [Fact]
    public void A_smoothed_loss_rests_where_its_label_says()
    {
        using var scope = NewDisposeScope();
        var (alpha, margin) = (0.2, 0.7);
        var rest = tensor(new[] { Math.Log((1 - alpha) / alpha) + margin }).requires_grad_(true);
        BradleyTerry.SoftWithMargin(rest, tensor(alpha, ScalarType.Float64), tensor(margin, ScalarType.Float64)).sum().backward();
        rest.grad!.ToDouble().Should().BeApproximately(0, 1e-12);
    }

    [Fact]
    public void Codes_of_large_scores_are_still_codes()
    {
        using var scope = NewDisposeScope();
        var codes = Sinkhorn.Codes(tensor(new float[,] { { 100, -100, 3 }, { -100, 100, 2 }, { 99, 100, 1 } }), 0.05, 3);
        Finite(codes);
        Tiny.Values(codes.sum(1L)).Should().OnlyContain(s => Math.Abs(s - 1) < 1e-5f);
    }

    [Fact]
    public void A_feature_that_points_nowhere_pulls_nowhere()
    {
        using var scope = NewDisposeScope();
        var features = tensor(new float[,] { { 1, 2 }, { 0, 0 }, { -1, 3 } }).requires_grad_(true);
        var prototypes = tensor(new float[,] { { 1, 0 }, { 0, 1 } }).requires_grad_(true);
        var loss = SimCse.Loss(features, features.detach() + 0.1f, 0.05) + Swav.Loss(features, features.detach() * 2, prototypes, 0.1, 0.05, 3);
        loss.backward();
        Finite(loss.reshape(1));
        Finite(features.grad!);
        Finite(prototypes.grad!);
        Tiny.Values(features.grad!)[2..4].Should().Equal(0, 0);
        Tiny.Values(features.grad!).Should().Contain(v => v != 0);
    }

    [Fact]
    public void Equal_responses_do_not_end_a_training_on_differences()
    {
        using var model = Tiny.Reward();
        var pairs = Tiny.Pairs(32).Select((p, i) => i % 4 == 0 ? p with { Rejected = p.Chosen } : p).ToList();
        var settings = new RewardSettings { Contrast = Contrast.Swav, ContrastOn = ContrastOn.Differences, Prototypes = 4, Temperature = 0.1 };
        var curves = new TrainingLoop(Tiny.Trainer(model, pairs, settings), Tiny.Settings() with { Epochs = 2 }).Run();
        curves["grad_norm"].Should().OnlyContain(p => double.IsFinite(p.Value));
    }
}
