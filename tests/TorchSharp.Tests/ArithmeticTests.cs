using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class ArithmeticTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void Numbers_stand_on_either_side()
    {
        var x = tensor(new[] { 1.0, 2, 4 });
        (2 - x).Values().Should().Equal(1, 0, -2);
        (4 / x).Values().Should().Equal(4, 2, 1);
        (3 * x + 1 - x / 2).Values().Should().Equal(3.5, 6, 11);
        (2 < x).Values().Should().Equal(0, 0, 1);
        (x != 2 & ~(x > 3)).Values().Should().Equal(1, 0, 0);
        (-x % 3).Values().Should().Equal(2, 1, 2);
    }

    [Fact]
    public void Division_rounds_as_told()
    {
        var (x, y) = (tensor(new[] { 7L, -7 }), tensor(new[] { 2L, 2 }));
        x.div(y).Values().Should().Equal(3.5, -3.5);
        x.div(y, RoundingMode.trunc).Values().Should().Equal(3, -3);
        x.div(y, RoundingMode.floor).Values().Should().Equal(3, -4);
        div(x, 2, RoundingMode.floor).dtype.Should().Be(int64);
        x.div_(2, RoundingMode.floor).Values().Should().Equal(3, -4);
        floor_divide(tensor(-7L), tensor(2L)).ToInt64().Should().Be(-4);
    }

    [Fact]
    public void In_place_changes_what_it_is_called_on()
    {
        var x = tensor(new[] { 1.0, 2 });
        x.mul_(3).add_(1).sub_(tensor(new[] { 1.0, 0 })).pow_(2).Should().BeSameAs(x);
        x.Values().Should().Equal(9, 49);
        x.addcmul_(ones(2, float64), ones(2, float64), 2).addcdiv_(ones(2, float64), full([2], 2.0, float64), -2).lerp_(zeros(2, float64), full([2], 0.5, float64)).Values().Should().Equal(5, 25);
        x.clamp_(6, 7).Values().Should().Equal(6, 7);
        x.zero_().Values().Should().Equal(0, 0);
    }

    [Fact]
    public void Reductions_by_hand()
    {
        var x = Some.Counting(2, 3);
        x.sum().ToDouble().Should().Be(15);
        x.sum(0, keepdim: true).shape.Should().Equal(1, 3);
        x.mean([1L]).Values().Should().Equal(1, 4);
        x.var(1).Values().Should().Equal(1, 1);
        x.std(1, unbiased: false).Values().Should().AllSatisfy(v => v.Should().BeApproximately(Math.Sqrt(2.0 / 3), 1e-12));
        x.prod(1).Values().Should().Equal(0, 60);
        x.prod(int64).dtype.Should().Be(int64);
        x.amax([0L]).Values().Should().Equal(3, 4, 5);
        x.max(1).indexes.Values().Should().Equal(2, 2);
        x.cumsum(1).Values().Should().Equal(0, 1, 3, 3, 7, 12);
        x.logsumexp(1)[0].ToDouble().Should().BeApproximately(Math.Log(1 + Math.E + Math.Exp(2)), 1e-12);
        x.norm(1, p: 1).Values().Should().Equal(3, 12);
        (x > 1).any(0).Values().Should().Equal(1, 1, 1);
        (x > 1).all(1).Values().Should().Equal(0, 1);
        x.count_nonzero().ToInt64().Should().Be(5);
        tensor(new[] { 3L, 1, 3 }).unique(return_counts: true).counts!.Values().Should().Equal(1, 2);
        x.topk(2).values.Values().Should().Equal(2, 1, 5, 4);
        x.sort(descending: true).Indices.Values().Should().Equal(2, 1, 0, 2, 1, 0);
    }

    [Fact]
    public void Products_by_hand()
    {
        var (a, b) = (Some.Counting(2, 2), Some.Counting(2, 2) + 1);
        a.mm(b).Values().Should().Equal(3, 4, 11, 16);
        einsum("ij,jk->", a, b).ToDouble().Should().Be(34);
        ones(2, 2, float64).addmm(a, b, beta: 2, alpha: 0.5f).Values().Should().Equal(3.5, 4, 7.5, 10);
        ones(1, 2, 2, float64).baddbmm(a.unsqueeze(0), b.unsqueeze(0)).Values().Should().Equal(4, 5, 12, 17);
        a[0].outer(b[0]).Values().Should().Equal(0, 0, 1, 2);
        a[1].dot(b[1]).ToDouble().Should().Be(18);
    }

    [Fact]
    public void Shapes_by_hand()
    {
        var x = Some.Counting(2, 3);
        x.T.Values().Should().Equal(0, 3, 1, 4, 2, 5);
        x.repeat(1, 2).shape.Should().Equal(2, 6);
        x[0].repeat_interleave(2).Values().Should().Equal(0, 0, 1, 1, 2, 2);
        x.flip(1).Values().Should().Equal(2, 1, 0, 5, 4, 3);
        x.flatten().unflatten(0, 3, 2).shape.Should().Equal(3, 2);
        x.split(2, 1).Select(p => p.shape[1]).Should().Equal(2, 1);
        x.split([1L, 2], 1)[1].Values().Should().Equal(1, 2, 4, 5);
        x.chunk(2, 1)[1].Values().Should().Equal(2, 5);
        x.unbind()[1].Values().Should().Equal(3, 4, 5);
        x.unsqueeze(1).expand(2, 4, 3).stride().Should().Equal(3, 0, 1);
        stack([x, x], -1).shape.Should().Equal(2, 3, 2);
        nn.functional.pad(x, (1, 0)).Values().Should().Equal(0, 0, 1, 2, 0, 3, 4, 5);
        nn.utils.rnn.pad_sequence([arange(2), arange(3)], batch_first: true, padding_value: -1).Values().Should().Equal(0, 1, -1, 0, 1, 2);
    }
}
