using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class GradientTests
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> Functions = new()
    {
        ["matmul"] = x => x.matmul(x.t()).sum(),
        ["softmax"] = x => (x.softmax(-1) * arange(4.0, dtype: ScalarType.Float64)).sum(),
        ["log_softmax"] = x => F.log_softmax(x, -1).select(1, 2).sum(),
        ["logsigmoid"] = x => F.logsigmoid(x).sum(),
        ["gelu"] = x => F.gelu(x).sum(),
        ["silu"] = x => F.silu(x).sum(),
        ["exp_log"] = x => (x.exp() + 1).log().sum(),
        ["norm"] = x => x.pow(2).sum().sqrt(),
        ["gather"] = x => x.gather(1, tensor(new[] { 0L, 1L, 3L }).unsqueeze(1)).pow(2).sum(),
        ["index"] = x => x[tensor(new[] { 1L, 1L })].pow(3).sum(),
        ["cat"] = x => cat(new[] { x, x * 2 }).pow(2).mean(),
        ["layer_norm"] = x => (F.layer_norm(x, [4]) * arange(4.0, dtype: ScalarType.Float64)).sum(),
        ["cross_entropy"] = x => F.cross_entropy(x, tensor(new[] { 0L, 3L, 1L })),
        ["attention"] = x => F.scaled_dot_product_attention(x.view(1, 1, 3, 4), x.view(1, 1, 3, 4), x.view(1, 1, 3, 4), is_casual: true).pow(2).sum(),
        ["clamp"] = x => x.clamp(-0.5, 0.5).pow(2).sum(),
        ["std"] = x => x.std(),
    };

    public static TheoryData<string> Names => [.. Functions.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Agree_with_finite_differences(string name)
    {
        using var scope = NewDisposeScope();
        var f = Functions[name];
        manual_seed(3);
        var x = randn(3, 4, dtype: ScalarType.Float64).requires_grad_();
        f(x).backward();
        var gradient = x.grad!.data<double>().ToArray();
        using var off = no_grad();
        const double h = 1e-6;
        for (var i = 0; i < 12; i++)
        {
            double At(double by)
            {
                var moved = x.detach().clone();
                moved.view(-1)[i] += by;
                return f(moved).ToDouble();
            }
            gradient[i].Should().BeApproximately((At(h) - At(-h)) / (2 * h), 1e-6, $"{name}[{i}]");
        }
    }

    [Fact]
    public void Gradients_add_up_and_no_grad_makes_none()
    {
        using var scope = NewDisposeScope();
        var x = ones(2, requires_grad: true);
        (x * 3).sum().backward();
        (x * 4).sum().backward();
        x.grad!.data<float>().ToArray().Should().Equal(7, 7);
        using (no_grad())
            (x * 3).requires_grad.Should().BeFalse();
        x.detach().requires_grad.Should().BeFalse();
    }
}
