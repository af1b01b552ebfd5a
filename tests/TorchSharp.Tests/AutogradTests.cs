using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class AutogradTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    private static readonly Tensor Other = Fixed(3, 4, 5).DetachFromDisposeScope();

    private static Tensor Fixed(int seed, params long[] shape)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, float64, generator: generator);
    }

    public static TheoryData<string, Func<Tensor, Tensor>> Functions() => new()
    {
        { "mul", x => x * x * 3 },
        { "div", x => 1 / (x * x + 1) },
        { "pow", x => (x.abs() + 0.5).pow(1.7) },
        { "exp, log", x => (x.exp() + 1).log() },
        { "sigmoid, tanh", x => x.sigmoid() * x.tanh() },
        { "softmax", x => x.softmax(1) * Other.T },
        { "log_softmax", x => x.log_softmax(-1) * Other.T },
        { "logsumexp", x => x.logsumexp(0) },
        { "logsigmoid", x => nn.functional.logsigmoid(x) },
        { "gelu", x => nn.functional.gelu(x) },
        { "silu", x => nn.functional.silu(x) },
        { "matmul", x => x.matmul(Other).square() },
        { "einsum", x => einsum("ij,jk->ki", x, Other).sin() },
        { "linear", x => nn.functional.linear(Other.T, x, x.sum(1)).square() },
        { "layer_norm", x => nn.functional.layer_norm(x, [4L], x[0], x[1]) * Other.T },
        { "cross_entropy", x => nn.functional.cross_entropy(x, tensor(new[] { 0L, 3, 1, -100, 2 }), label_smoothing: 0.1) },
        { "attention", x => nn.functional.scaled_dot_product_attention(x.unsqueeze(0), (x * 2).unsqueeze(0), x.cos().unsqueeze(0), is_casual: true) },
        { "indexing", x => x[TensorIndex.Slice(1, 4), TensorIndex.Tensor(tensor(new[] { 0L, 0, 2 }))].square() },
        { "gather, cumsum", x => x.cumsum(0).gather(1, ones(5, 2, int64)).square() },
        { "where, clamp", x => where(x > 0, x.clamp(-0.8, 0.8), x * 3) },
        { "std, mean", x => x.std(1) * x.mean([1L]) },
        { "norm, cat", x => cat([x, x * 2], 1).norm(1) },
        { "index_add", x => zeros(2, 4, float64).index_add(0, tensor(new[] { 0L, 1, 0, 1, 1 }), x, 1).square() },
        { "normalize", x => nn.functional.normalize(x, 2, 1) * Other.T },
    };

    [Theory]
    [MemberData(nameof(Functions))]
    public void Gradients_are_the_slopes(string what, Func<Tensor, Tensor> function)
    {
        const double step = 1e-5;
        var x = Fixed(7, 5, 4).requires_grad_();
        function(x).sum().backward();
        var slopes = new double[20];
        using (no_grad())
            for (var i = 0; i < slopes.Length; i++)
            {
                var nudge = zeros(20, float64);
                nudge[i] = tensor(step);
                nudge = nudge.reshape(5, 4);
                slopes[i] = (function(x + nudge).sum().ToDouble() - function(x - nudge).sum().ToDouble()) / (2 * step);
            }
        x.grad!.Values().Zip(slopes).Should().AllSatisfy(p => p.First.Should().BeApproximately(p.Second, 1e-6 * Math.Max(1, Math.Abs(p.Second)), what));
    }

    [Fact]
    public void Gradients_add_up_until_they_are_cleared()
    {
        var x = tensor(3.0, requires_grad: true);
        x.grad.Should().BeNull();
        (x * x).backward();
        (x * 2).backward();
        x.grad!.ToDouble().Should().Be(8);
        x.grad = null;
        x.grad.Should().BeNull();
    }

    [Fact]
    public void A_gradient_of_a_gradient()
    {
        var x = tensor(2.0, requires_grad: true);
        var first = autograd.grad([x.pow(3)], [x], create_graph: true)[0];
        first.ToDouble().Should().Be(12);
        autograd.grad([first], [x])[0].ToDouble().Should().Be(12);
        x.grad.Should().BeNull();
    }

    [Fact]
    public void What_is_not_used_has_no_gradient()
    {
        var (x, y) = (tensor(1.0, requires_grad: true), tensor(1.0, requires_grad: true));
        var found = autograd.grad([x * 2], [x, y], allow_unused: true);
        found[0].ToDouble().Should().Be(2);
        (found[1] is null).Should().BeTrue();
    }

    [Fact]
    public void A_graph_serves_once_unless_it_is_kept()
    {
        var x = tensor(2.0, requires_grad: true);
        var y = x.exp();
        y.backward(retain_graph: true);
        y.backward();
        y.Invoking(t => t.backward()).Should().Throw<Exception>().WithMessage("*second time*");
    }

    [Fact]
    public void Weights_of_the_outputs_and_inputs_can_be_named()
    {
        var (x, y) = (ones(2, float64, requires_grad: true), ones(2, float64, requires_grad: true));
        (x * y * 3).backward([tensor(new[] { 1.0, 2.0 })], inputs: [x]);
        x.grad!.Values().Should().Equal(3, 6);
        y.grad.Should().BeNull();
    }

    [Fact]
    public void The_switch_is_the_threads_own()
    {
        using (no_grad())
        {
            is_grad_enabled().Should().BeFalse();
            using (enable_grad())
                is_grad_enabled().Should().BeTrue();
            (ones(1, requires_grad: true) * 2).requires_grad.Should().BeFalse();
            var elsewhere = false;
            var thread = new Thread(() => elsewhere = is_grad_enabled());
            thread.Start();
            thread.Join();
            elsewhere.Should().BeTrue();
        }
    }

    [Fact]
    public void The_switch_goes_back_when_it_ends()
    {
        var before = is_grad_enabled();
        using (inference_mode())
            is_grad_enabled().Should().BeFalse();
        is_grad_enabled().Should().Be(before);
    }
}
