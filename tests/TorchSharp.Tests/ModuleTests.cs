using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class ModuleTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        private readonly Linear inner = nn.Linear(3, 3);
        private readonly ModuleList<Linear> rest = nn.ModuleList(nn.Linear(3, 2), nn.Linear(2, 2, hasBias: false));
        private readonly Dropout drop = nn.Dropout(0.5);
        [ComponentName(Name = "gain")]
        private readonly Parameter scale = new(ones(3));
        private readonly Tensor table = arange(3f);

        public Block()
            : base("Block")
        {
            RegisterComponents();
            register_buffer("passing", zeros(1), persistent: false);
        }

        public override Tensor forward(Tensor input) => rest[1].call(rest[0].call(drop.call(inner.call(input * scale + table))));
    }

    [Fact]
    public void Names_are_fields_own_first_then_the_submodules()
    {
        using var block = new Block();
        block.named_parameters().Select(p => p.name).Should().Equal("gain", "inner.weight", "inner.bias", "rest.0.weight", "rest.0.bias", "rest.1.weight");
        block.named_parameters(recurse: false).Select(p => p.name).Should().Equal("gain");
        block.named_buffers().Select(b => b.name).Should().Equal("table", "passing");
        block.state_dict().Keys.Should().Equal("gain", "inner.weight", "inner.bias", "rest.0.weight", "rest.0.bias", "rest.1.weight", "table");
        block.named_modules().Select(m => m.name).Should().Equal("inner", "rest", "rest.0", "rest.1", "drop");
        block.get_parameter("rest.0.bias")!.shape.Should().Equal(2);
        (block.has_parameter("inner.gain"), block.has_buffer("table")).Should().Be((false, true));
    }

    [Fact]
    public void Training_is_the_switch_of_all()
    {
        using var block = new Block();
        block.modules().Should().AllSatisfy(m => m.training.Should().BeTrue());
        block.eval();
        block.modules().Should().AllSatisfy(m => m.training.Should().BeFalse());
        block.call(ones(2, 3)).Equals(block.call(ones(2, 3))).Should().BeTrue();
        block.train();
        block.children().Should().AllSatisfy(m => m.training.Should().BeTrue());
    }

    [Fact]
    public void State_goes_from_one_to_another()
    {
        using var one = new Block();
        using var two = new Block();
        one.state_dict()["inner.weight"].requires_grad.Should().BeTrue();
        two.load_state_dict(one.state_dict()).missing_keys.Should().BeEmpty();
        two.get_parameter("inner.weight")!.Equals(one.get_parameter("inner.weight")!).Should().BeTrue();

        var part = one.state_dict().Where(p => p.Key != "gain").Append(new("more", zeros(1))).ToDictionary();
        two.Invoking(m => m.load_state_dict(part)).Should().Throw<InvalidOperationException>();
        var (missing, unexpected) = two.load_state_dict(part, strict: false);
        missing.Should().Equal("gain");
        unexpected.Should().Equal("more");
        part["inner.weight"] = zeros(7);
        two.Invoking(m => m.load_state_dict(part, strict: false)).Should().Throw<ExternalException>();
    }

    [Fact]
    public void Weights_come_back_from_a_file()
    {
        using var one = new Block();
        using var two = new Block();
        var file = new MemoryStream();
        one.save(file);
        file.ToArray()[..6].Should().Equal(7, 4, (byte)'g', (byte)'a', (byte)'i', (byte)'n');   // seven entries, the first one's name has four letters.
        file.Position = 0;
        var loaded = new Dictionary<string, bool>();
        two.load(file, loadedParameters: loaded);
        loaded.Values.Should().AllBeEquivalentTo(true);
        two.state_dict().Should().AllSatisfy(p => p.Value.Equals(one.state_dict()[p.Key]).Should().BeTrue());

        file.Position = 0;
        using var other = nn.Linear(3, 3);
        other.Invoking(m => m.load(file)).Should().Throw<ArgumentException>().WithMessage("*expected 2, but found 7*");
        file.Position = 0;
        two.to(float64).Invoking(m => m.load(file)).Should().Throw<ArgumentException>().WithMessage("*Float64, the file Float32*");
        one.Invoking(m => m.load(new MemoryStream(file.ToArray()[..100]))).Should().Throw<EndOfStreamException>();
        two.Invoking(m => m.load("no-such.dat")).Should().Throw<FileNotFoundException>();
    }

    [Fact]
    public void A_new_type_replaces_the_parameters_of_the_same_module()
    {
        using var block = new Block();
        block.to(float64).Should().BeSameAs(block);
        block.parameters().Should().AllSatisfy(p => (p.dtype, p.requires_grad, p.is_leaf).Should().Be((float64, true, true)));
        block.buffers().Should().AllSatisfy(b => b.dtype.Should().Be(float64));
        block.call(ones(1, 3, float64)).dtype.Should().Be(float64);
    }

    [Fact]
    public void Gradients_are_cleared_to_nothing_or_to_zero()
    {
        using var layer = nn.Linear(2, 1);
        layer.call(ones(1, 2)).sum().backward();
        layer.zero_grad(set_to_none: false);
        layer.weight.grad!.Values().Should().Equal(0, 0);
        layer.zero_grad();
        layer.weight.grad.Should().BeNull();
    }

    [Fact]
    public void Hooks_run_on_call_and_not_on_forward()
    {
        using var layer = nn.Identity();
        var seen = new List<string>();
        layer.register_forward_pre_hook((_, x) => x + 1);
        layer.register_forward_hook((_, x, y) => y * x);
        var told = layer.register_forward_hook(_ => seen.Add("after"));
        layer.call(full([1], 2f)).Values().Should().Equal(9);
        layer.forward(full([1], 2f)).Values().Should().Equal(2);
        told.remove();
        layer.call(ones(1));
        seen.Should().Equal("after");
    }

    [Fact]
    public void Modules_stand_in_rows_and_under_names()
    {
        using var row = nn.Sequential(("up", nn.Linear(2, 4)), ("bend", nn.ReLU()), ("down", nn.Linear(4, 1)));
        row.named_parameters().Select(p => p.name).Should().Equal("up.weight", "up.bias", "down.weight", "down.bias");
        var x = ones(3, 2);
        row.call(x).Equals(row[2].call(row[1].call(row[0].call(x)))).Should().BeTrue();
        using var plain = nn.Sequential(nn.Linear(2, 2), nn.Tanh()).append(nn.Linear(2, 1, false));
        plain.named_parameters().Select(p => p.name).Should().Equal("0.weight", "0.bias", "2.weight");
        using var named = nn.ModuleDict(("a", nn.Linear(1, 1)), ("b", nn.Linear(1, 2)));
        named["c"] = nn.Linear(1, 3);
        named.named_parameters().Select(p => p.name).Should().Equal("a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias");
        named.Invoking(d => d["z"]).Should().Throw<KeyNotFoundException>().WithMessage("*'z'*a, b, c*");
        named.Remove("a").Should().BeTrue();
        named.Keys.Should().Equal("b", "c");
        using var list = nn.ModuleList(nn.Linear(1, 1), nn.Linear(1, 2));
        list.Insert(0, nn.Linear(1, 3));
        list.named_parameters().First().parameter.shape.Should().Equal(3, 1);
        list.RemoveAt(2);
        list.named_parameters().Select(p => p.name).Should().Equal("0.weight", "0.bias", "1.weight", "1.bias");
    }

    [Fact]
    public void Layers_compute_what_they_say()
    {
        using var linear = nn.Linear(2, 1);
        linear.weight.Values().Should().AllSatisfy(v => Math.Abs(v).Should().BeLessThan(1 / Math.Sqrt(2)));
        using (no_grad())
        {
            linear.weight.copy_(tensor(new[] { 2f, 3 }).reshape(1, 2));
            linear.bias!.fill_(1);
        }
        linear.call(tensor(new[] { 1f, 10 })).Values().Should().Equal(33);
        using var table = nn.Embedding(5, 3, padding_idx: 0);
        table.call(tensor(new[] { 0L, 4 })).shape.Should().Equal(2, 3);
        table.call(tensor(new[] { 0, 0 })).Values().Should().AllSatisfy(v => v.Should().Be(0));
        table.call(tensor(new[] { 0L, 2, 2 })).sum().backward();
        table.weight!.grad!.sum(1).Values().Should().Equal(0, 0, 6, 0, 0);
        using var norm = nn.LayerNorm(4);
        var y = norm.call(rand(3, 4) * 9);
        y.mean([1L]).Values().Should().AllSatisfy(v => v.Should().BeApproximately(0, 1e-5));
        y.std(1, false).Values().Should().AllSatisfy(v => v.Should().BeApproximately(1, 1e-4));
    }

    [Fact]
    public void Dropout_zeroes_in_training_only_and_keeps_the_mean()
    {
        manual_seed(2);
        using var dropout = nn.Dropout(0.25);
        var kept = dropout.call(ones(10_000));
        kept.mean().ToDouble().Should().BeApproximately(1, 0.03);
        kept.max().ToDouble().Should().BeApproximately(1 / 0.75, 1e-6);
        dropout.eval();
        dropout.call(ones(100)).min().ToDouble().Should().Be(1);
        dropout.Invoking(d => d.register_parameter("p", new Parameter(ones(1)))).Should().Throw<InvalidOperationException>();
    }
}
