using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Training;

public class PrecisionTests
{
    [Fact]
    public void In_bfloat16_the_loss_goes_where_it_goes_in_float32()
    {
        var curves = new[] { ScalarType.Float32, ScalarType.BFloat16 }.Select(Curve).ToList();
        curves[0][^1].Should().BeLessThan(0.5 * curves[0][0]);
        curves[0].Zip(curves[1], (a, b) => Math.Abs(a - b)).Average().Should().BeLessThan(0.02 * curves[0][0]);
    }

    /// <summary>Steps so small that bfloat16 weights alone would not move: they add up in the float32 copies.</summary>
    [Fact]
    public void Small_steps_are_not_rounded_away()
    {
        using var model = ModelFolder.CreateCausalLm(Tiny.Config, 3, CPU, ScalarType.BFloat16);
        using var optimizer = AdamW.For(model.named_parameters().Select(p => (p.name, p.parameter)));
        var before = model.parameters().Select(p => p.detach().to(ScalarType.Float32).abs().sum().ToDouble()).ToList();
        for (var step = 0; step < 300; step++)
        {
            foreach (var parameter in model.parameters())
                parameter.grad = parameter.detach().sign();
            optimizer.Step(1e-5);
        }
        var after = model.parameters().Select(p => p.detach().to(ScalarType.Float32).abs().sum().ToDouble());
        after.Zip(before).Should().OnlyContain(p => p.First < p.Second, "every weight is pulled towards zero by 0.003 in all");
    }

    private static List<double> Curve(ScalarType type)
    {
        using var model = ModelFolder.CreateCausalLm(Tiny.Config, 3, CPU, type);
        var rows = Tiny.Pairs(128).Select(p => new SftExample(p.Prompt, [Tiny.Good, 9, Tiny.Good, Tiny.Eos])).ToList();
        return [.. new TrainingLoop(new SftTrainer(model, rows, everything: false, CPU), Tiny.Settings() with { Epochs = 6 }).Run()["loss"].Select(p => p.Value)];
    }
}
