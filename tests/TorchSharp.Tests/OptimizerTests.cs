using System.Runtime.CompilerServices;
using System.Text.Json;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.TorchSharp.Tests;

public sealed class OptimizerTests
{
    private static JsonElement Golden(string name, [CallerFilePath] string here = "")
    {
        var root = Environment.GetEnvironmentVariable("DATAFLOW_RLHF_FIXTURES") is { Length: > 0 } set ? set : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "fixtures"));
        return JsonDocument.Parse(File.ReadAllText(Path.Combine(root, "losses", name))).RootElement;
    }

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
        foreach (var golden in Golden("clip_grad_norm.json").GetProperty("cases").EnumerateArray())
        {
            using var scope = NewDisposeScope();
            var parameters = golden.GetProperty("grads").EnumerateArray().Select(g =>
            {
                var values = Flat(g);
                var parameter = Leaf(new double[values.Length]);
                parameter.grad = tensor(values);
                return parameter;
            }).ToList();
            var norm = nn.utils.clip_grad_norm_(parameters, golden.GetProperty("max_norm").GetDouble());
            norm.Should().BeApproximately(golden.GetProperty("total_norm").GetDouble(), 1e-9);
            foreach (var (parameter, expected) in parameters.Zip(golden.GetProperty("clipped").EnumerateArray()))
                parameter.grad!.data<double>().ToArray().Zip(Flat(expected)).Should().AllSatisfy(p => p.First.Should().BeApproximately(p.Second, 1e-9));
        }
    }

    private static double[] Flat(JsonElement element) => element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray().SelectMany(Flat)] : [element.GetDouble()];

    [Fact]
    public void Schedules_set_the_rate_at_once_and_at_every_step()
    {
        using var x = Leaf([1]);
        using var sgd = optim.SGD([x], 0.1);
        double[] Rates(optim.lr_scheduler.LRScheduler schedule, int steps)
        {
            var rates = new List<double>();
            for (var i = 0; i < steps; i++, schedule.step())
                rates.Add(Math.Round(sgd.ParamGroups.Single().LearningRate, 6));
            sgd.ParamGroups.Single().LearningRate = 0.1;
            return [.. rates];
        }
        Rates(optim.lr_scheduler.LambdaLR(sgd, e => e / 10.0), 3).Should().Equal(0, 0.01, 0.02);
        Rates(optim.lr_scheduler.LinearLR(sgd, 0.5, 1, 2), 4).Should().Equal(0.05, 0.075, 0.1, 0.1);
        Rates(optim.lr_scheduler.CosineAnnealingLR(sgd, 4), 5).Should().Equal(0.1, 0.085355, 0.05, 0.014645, 0);
        Rates(optim.lr_scheduler.StepLR(sgd, 2, 0.1), 4).Should().Equal(0.1, 0.1, 0.01, 0.01);
        Rates(optim.lr_scheduler.ConstantLR(sgd, 0.5, 2), 3).Should().Equal(0.05, 0.05, 0.1);
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
}
