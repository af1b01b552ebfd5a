using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class RandomTests
{
    [Fact]
    public void Seeds_give_the_fields_own_numbers()
    {
        using var scope = NewDisposeScope();
        manual_seed(7);
        Rounded(randn(4)).Should().Equal(-0.1468, 0.7861, 0.9468, -1.1143);
        Rounded(randn(4, generator: new Generator(7))).Should().Equal(-0.1468, 0.7861, 0.9468, -1.1143);
        manual_seed(0);
        Rounded(nn.Linear(2, 2).weight!).Should().Equal(-0.0053, 0.3793, -0.5820, -0.5204);
    }

    private static double[] Rounded(Tensor tensor) => [.. tensor.detach().data<float>().ToArray().Select(v => Math.Round(v, 4))];

    [Fact]
    public void A_state_that_is_put_back_repeats()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var state = get_rng_state();
        var first = rand(5).data<float>().ToArray();
        set_rng_state(state);
        rand(5).data<float>().ToArray().Should().Equal(first);
    }

    [Fact]
    public void Dropout_zeroes_in_training_only_and_keeps_the_mean()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var dropout = nn.Dropout(0.25);
        var kept = dropout.call(ones(10_000));
        kept.mean().ToDouble().Should().BeApproximately(1, 0.03);
        kept.max().ToDouble().Should().BeApproximately(1 / 0.75, 1e-6);
        dropout.eval();
        dropout.call(ones(100)).min().ToDouble().Should().Be(1);
    }
}
