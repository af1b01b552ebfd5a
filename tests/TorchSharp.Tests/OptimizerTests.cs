using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class OptimizerTests
{
    private static Parameter Leaf(double[] values) => new(tensor(values));

    private static double[] Step(Func<Parameter, optim.Optimizer> make, int steps)
    {
        using var x = Leaf([1, -2, 3]);
        using var optimizer = make(x);
        for (var i = 0; i < steps; i++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            (x.pow(2) * tensor(new[] { 1.0, 2.0, 0.5 })).sum().backward();
            optimizer.step();
        }
        return x.detach().data<double>().ToArray();
    }

    /// <summary>The same three parameters by a plain loop.</summary>
    private static double[] Loop(Func<double, double, int, int, double> update, int steps)
    {
        double[] x = [1, -2, 3], scale = [1, 2, 0.5];
        for (var t = 1; t <= steps; t++)
            for (var i = 0; i < 3; i++)
                x[i] = update(x[i], 2 * scale[i] * x[i], i, t);
        return x;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Adam_is_the_textbooks(bool decoupled)
    {
        double[] m = new double[3], v = new double[3];
        var loop = Loop((x, g, i, t) =>
        {
            if (decoupled)
                x *= 1 - 0.1 * 0.02;
            else
                g += 0.02 * x;
            m[i] = 0.8 * m[i] + 0.2 * g;
            v[i] = 0.95 * v[i] + 0.05 * g * g;
            return x - 0.1 * (m[i] / (1 - Math.Pow(0.8, t))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.95, t))) + 1e-8);
        }, 25);
        var ours = Step(x => decoupled ? optim.AdamW([x], 0.1, 0.8, 0.95, weight_decay: 0.02) : optim.Adam([x], 0.1, 0.8, 0.95, weight_decay: 0.02), 25);
        for (var i = 0; i < 3; i++)
            ours[i].Should().BeApproximately(loop[i], 1e-9);
    }

    [Fact]
    public void Descent_with_momentum_is_the_textbooks()
    {
        var b = new double[3];
        var loop = Loop((x, g, i, t) =>
        {
            g += 0.01 * x;
            b[i] = t == 1 ? g : 0.9 * b[i] + g;
            return x - 0.05 * (g + 0.9 * b[i]);
        }, 10);
        var ours = Step(x => optim.SGD([x], 0.05, momentum: 0.9, weight_decay: 0.01, nesterov: true), 10);
        for (var i = 0; i < 3; i++)
            ours[i].Should().BeApproximately(loop[i], 1e-12);
        Step(x => optim.SGD([x], 0.05), 1).Should().BeEquivalentTo(new[] { 0.9, -1.6, 2.85 }, o => o.Using<double>(c => c.Subject.Should().BeApproximately(c.Expectation, 1e-12)).WhenTypeIs<double>());
    }

    [Fact]
    public void Clipping_equals_the_golden_cases()
    {
        foreach (var golden in Some.Cases("clip_grad_norm.json"))
        {
            using var scope = NewDisposeScope();
            var parameters = golden.GetProperty("grads").EnumerateArray().Select(g =>
            {
                var values = Some.Numbers(g);
                var parameter = Leaf(new double[values.Length]);
                parameter.grad = tensor(values);
                return parameter;
            }).ToList();
            var norm = nn.utils.clip_grad_norm_(parameters, golden.GetProperty("max_norm").GetDouble());
            norm.Should().BeApproximately(golden.GetProperty("total_norm").GetDouble(), 1e-9);
            foreach (var (parameter, expected) in parameters.Zip(golden.GetProperty("clipped").EnumerateArray()))
                parameter.grad!.data<double>().ToArray().Zip(Some.Numbers(expected)).Should().AllSatisfy(p => p.First.Should().BeApproximately(p.Second, 1e-9));
        }
    }

    [Fact]
    public void Groups_have_rates_and_decay_of_their_own()
    {
        using var a = Leaf([1.0]);
        using var b = Leaf([1.0]);
        using var adam = optim.AdamW([new AdamW.ParamGroup([a], lr: 0.5), new AdamW.ParamGroup([b], new AdamW.Options { weight_decay = 0.5 })], lr: 0.1);
        adam.ParamGroups.Select(g => g.LearningRate).Should().Equal(0.5, 0.1);
        (a * 2 + b * 2).sum().backward();
        adam.step();
        a.item<double>().Should().BeApproximately(0.5, 1e-6);
        b.item<double>().Should().BeApproximately(0.95 - 0.1, 1e-6);
    }

    [Fact]
    public void Decoupled_decay_equals_the_golden_cases()
    {
        foreach (var golden in Some.Cases("adamw.json"))
        {
            using var scope = NewDisposeScope();
            var options = golden.GetProperty("options");
            double Option(string name) => options.TryGetProperty(name, out var value) ? value.GetDouble() : 0;
            var parameters = golden.GetProperty("start").EnumerateObject().ToDictionary(p => p.Name, p => new Parameter(Some.Tensor(p.Value)));
            using var adam = optim.AdamW(
                parameters.Select(p => new AdamW.ParamGroup([p.Value], new AdamW.Options { weight_decay = Option(p.Key == "w" ? "weight_decay" : "weight_decay_bias") })),
                Option("lr"), options.GetProperty("betas")[0].GetDouble(), options.GetProperty("betas")[1].GetDouble(), Option("eps"));
            foreach (var step in golden.GetProperty("steps").EnumerateArray())
            {
                foreach (var (name, parameter) in parameters)
                    parameter.grad = Some.Tensor(step.GetProperty("grad").GetProperty(name));
                foreach (var group in adam.ParamGroups)
                    group.LearningRate = step.GetProperty("lr").GetDouble();
                adam.step();
                foreach (var (name, parameter) in parameters)
                    parameter.Values().Zip(Some.Numbers(step.GetProperty("param").GetProperty(name))).Should().AllSatisfy(p => p.First.Should().BeApproximately(p.Second, 1e-12));
            }
        }
    }

    [Fact]
    public void A_parameter_without_a_gradient_is_left_alone()
    {
        using var scope = NewDisposeScope();
        var (used, unused, cleared) = (Leaf([1]), Leaf([1]), Leaf([1]));
        using var adam = optim.AdamW([used, unused, cleared], 0.1, weight_decay: 0.5);
        (used * 2 + cleared).sum().backward();
        adam.step().Should().BeNull();
        adam.zero_grad();
        cleared.grad!.ToDouble().Should().Be(0);
        cleared.grad = null;
        var before = cleared.Values();
        adam.step(() => tensor(3.0))!.ToDouble().Should().Be(3);
        unused.Values().Should().Equal(1);
        cleared.Values().Should().Equal(before);
        nn.utils.clip_grad_norm_([unused], 1).Should().Be(0);
    }

    [Fact]
    public void A_parameter_that_joins_late_counts_its_own_steps()
    {
        using var scope = NewDisposeScope();
        var (first, late) = (Leaf([1]), Leaf([1]));
        using var adam = optim.AdamW([first, late], 0.1);
        for (var i = 0; i < 3; i++)
        {
            first.grad = ones(1, float64);
            adam.step();
        }
        late.grad = full([1], 0.001, float64);
        adam.step();
        late.ToDouble().Should().BeApproximately(0.9, 1e-5);   // a first step is as long as the rate, however small the gradient.
    }

    public static TheoryData<string, Func<IEnumerable<Parameter>, OptimizerHelper>> Kinds() => new()
    {
        { "AdamW", p => optim.AdamW(p, 0.1, weight_decay: 0.1) },
        { "Adam", p => optim.Adam(p, 0.1, weight_decay: 0.1) },
        { "SGD", p => optim.SGD(p, 0.1, momentum: 0.9) },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_put_back_goes_on_the_same(string what, Func<IEnumerable<Parameter>, OptimizerHelper> make)
    {
        using var scope = NewDisposeScope();
        static void Step(Parameter x, optim.Optimizer optimizer)
        {
            x.grad = (x * x).detach() + 1;
            optimizer.step();
        }
        var here = Leaf([1, -2]);
        using var first = make([here]);
        for (var i = 0; i < 3; i++)
            Step(here, first);
        first.ParamGroups.Single().LearningRate = 0.05;
        var file = new MemoryStream();
        first.save_state_dict(new BinaryWriter(file));

        var there = Leaf(here.Values());
        using var second = make([there]);
        file.Position = 0;
        second.load_state_dict(new BinaryReader(file));
        second.ParamGroups.Single().LearningRate.Should().Be(0.05);
        for (var i = 0; i < 3; i++)
        {
            Step(here, first);
            Step(there, second);
        }
        there.Values().Should().Equal(here.Values(), what);

        file.Position = 0;
        using var other = make([there, Leaf([1])]);
        FluentActions.Invoking(() => other.load_state_dict(new BinaryReader(file))).Should().Throw<ArgumentException>().WithMessage("Mismatched parameter counts*");
    }

    [Fact]
    public void Parameters_can_be_one_row()
    {
        using var scope = NewDisposeScope();
        Parameter[] parameters = [new(Some.Counting(2, 2)), new(Some.Counting(3))];
        var row = nn.utils.parameters_to_vector(parameters);
        row.Values().Should().Equal(0, 1, 2, 3, 0, 1, 2);
        nn.utils.vector_to_parameters(row * 2, parameters);
        parameters[0].shape.Should().Equal(2, 2);
        parameters[1].Values().Should().Equal(0, 2, 4);
        FluentActions.Invoking(() => nn.utils.vector_to_parameters(zeros(9), parameters)).Should().Throw<ArgumentException>();
        parameters[0].grad = full([2, 2], -7.0, float64);
        nn.utils.clip_grad_value_(parameters, 2);
        parameters[0].grad!.Values().Should().Equal(-2, -2, -2, -2);
    }
}
