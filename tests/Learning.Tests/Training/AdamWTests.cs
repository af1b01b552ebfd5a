using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = DataflowRlhf.Learning.Training.AdamW;

namespace DataflowRlhf.Learning.Tests.Training;

public class AdamWTests
{
    [Fact]
    public void Agrees_with_a_plain_loop()
    {
        using var weight = new Parameter(tensor(new float[,] { { 1, -2 }, { 0.5f, 3 } }));
        using var adam = AdamW.For([("w", weight)], weightDecay: 0.1, beta1: 0.8, beta2: 0.95);
        double[] expected = [1, -2, 0.5, 3], m = new double[4], v = new double[4];
        for (var step = 1; step <= 5; step++)
        {
            adam.ZeroGradients();
            (weight * weight).sum().backward();
            adam.Step(0.01);
            for (var i = 0; i < 4; i++)
            {
                var g = 2 * expected[i];
                expected[i] *= 1 - 0.01 * 0.1;
                m[i] = 0.8 * m[i] + 0.2 * g;
                v[i] = 0.95 * v[i] + 0.05 * g * g;
                expected[i] -= 0.01 * (m[i] / (1 - Math.Pow(0.8, step))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.95, step))) + 1e-8);
            }
        }
        Tiny.Values(weight).Zip(expected, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Vectors_do_not_decay()
    {
        using var bias = new Parameter(tensor(new[] { 1f, 2f }));
        using var adam = AdamW.For([("b", bias)], weightDecay: 0.5);
        (bias * 0).sum().backward();
        adam.Step(0.1);
        Tiny.Values(bias).Should().Equal(1f, 2f);
    }

    [Fact]
    public void Leaves_a_parameter_without_gradient_alone()
    {
        using var weight = new Parameter(ones(2, 2));
        using var adam = AdamW.For([("w", weight)], weightDecay: 0.5);
        adam.Step(0.1);
        Tiny.Values(weight).Should().AllBeEquivalentTo(1f);
    }

    [Fact]
    public void Small_steps_add_up_in_bfloat16()
    {
        using var weight = new Parameter(ones(2, 2).to(ScalarType.BFloat16));
        using var adam = AdamW.For([("w", weight)]);
        for (var i = 0; i < 100; i++)
        {
            adam.ZeroGradients();
            weight.sum().backward();
            adam.Step(1e-4);
        }
        weight.to(ScalarType.Float32).mean().ToSingle().Should().BeApproximately(0.99f, 0.003f, "a hundred steps of 1e-4, each smaller than bfloat16 can see at 1");
    }

    [Fact]
    public void Its_state_put_back_takes_the_same_steps()
    {
        using var weight = new Parameter(tensor(new float[,] { { 1, -2 } }));
        using var other = new Parameter(tensor(new float[,] { { 0, 0 } }));
        using var adam = AdamW.For([("w", weight)]);
        using var resumed = AdamW.For([("w", other)]);
        void Step(AdamW optimizer, Parameter parameter)
        {
            optimizer.ZeroGradients();
            (parameter * parameter).sum().backward();
            optimizer.Step(0.01);
        }
        Step(adam, weight);
        var kept = adam.State().ToDictionary(s => s.Name, s => s.Value.detach().clone());
        resumed.Restore(adam.Steps, name => kept[name].clone());
        Step(adam, weight);
        Step(resumed, other);
        Tiny.Values(other).Should().Equal(Tiny.Values(weight));
    }
}
