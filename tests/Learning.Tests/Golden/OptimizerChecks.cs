using DataflowRlhf.Learning.Optimization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = DataflowRlhf.Learning.Training.AdamW;

namespace DataflowRlhf.Learning.Tests.Golden;

/// <summary>The step after the gradient.</summary>
internal static class OptimizerChecks
{
    private static readonly string[] Names = ["w", "b", "g"];

    public static Dictionary<string, Action<GoldenCase>> All { get; } = new()
    {
        ["adamw"] = Adam,
        ["clip_grad_norm"] = Clip,
        ["lr_schedule"] = Schedule,
    };

    private static void Adam(GoldenCase c)
    {
        var parameters = Names.ToDictionary(n => n, n => new Parameter(c.Of("start/" + n).to(ScalarType.Float32)));
        AdamW.Group Group(string[] names, string decay) => new([.. names.Select(n => (n, parameters[n]))])
        {
            WeightDecay = c.At("options").TryGetProperty(decay, out var value) ? value.GetDouble() : 0,
            Beta1 = c.Number("options/betas/0"),
            Beta2 = c.Number("options/betas/1"),
            Epsilon = c.Number("options/eps"),
        };
        using var adam = new AdamW([Group(["w"], "weight_decay"), Group(["b", "g"], "weight_decay_bias")]);
        for (var step = 0; step < c.Whole("options/steps"); step++)
        {
            adam.ZeroGradients();
            foreach (var name in Names)
                (parameters[name] * c.Of($"steps/{step}/grad/{name}").to(ScalarType.Float32)).sum().backward();
            adam.Step(c.Number($"steps/{step}/lr"));
            var state = adam.State().ToDictionary(s => s.Name, s => s.Value);
            foreach (var name in Names)
            {
                c.Hold($"steps/{step}/param/{name}", state["weight." + name], GoldenCase.Single);
                c.Hold($"steps/{step}/exp_avg/{name}", state["first." + name], GoldenCase.Single);
                c.Hold($"steps/{step}/exp_avg_sq/{name}", state["second." + name], GoldenCase.Single);
            }
        }
    }

    private static void Clip(GoldenCase c)
    {
        var gradients = Enumerable.Range(0, c.At("grads").GetArrayLength()).Select(i => c.Of("grads/" + i)).ToList();
        var parameters = gradients.Select(g => new Parameter(zeros_like(g))).ToList();
        foreach (var (parameter, gradient) in parameters.Zip(gradients))
            (parameter * gradient).sum().backward();
        c.Hold("total_norm", GradientNorm.Clip(parameters, c.Number("max_norm")));
        for (var i = 0; i < parameters.Count; i++)
            c.Hold("clipped/" + i, parameters[i].grad!);
        GradientNorm.Clip(parameters, 0);
        for (var i = 0; i < parameters.Count; i++)
            c.Hold("clipped/" + i, parameters[i].grad!);
    }

    private static void Schedule(GoldenCase c)
    {
        LearningRate Of(LearningRateSchedule schedule) => new(c.Number("base_lr"), schedule, 0);
        var rate = c.Text("kind") switch
        {
            "cosine" => Of(LearningRateSchedule.Cosine),
            "cosine_half_cycles_1" => Of(LearningRateSchedule.Cosine) with { Cycles = 1 },
            "cosine_with_min_lr" => Of(LearningRateSchedule.Cosine) with { Floor = 0.1 },
            "linear" => Of(LearningRateSchedule.Linear),
            "polynomial" => Of(LearningRateSchedule.Linear) with { Power = 2, Floor = 0.01 },
            "inverse_sqrt" => Of(LearningRateSchedule.InverseSqrt),
            "constant" or "constant_with_warmup" => Of(LearningRateSchedule.Constant),
            var other => throw new InvalidOperationException($"The product has no schedule '{other}'."),
        };
        var (warmUp, total) = (c.Text("kind") == "constant" ? 0 : c.Whole("warmup_steps"), c.Whole("total_steps"));
        c.Hold("lr", [.. Enumerable.Range(0, c.Numbers("lr").Length).Select(t => rate.At(t, total, warmUp) / rate.Peak)],
            [.. c.Numbers("lr").Select(v => v / rate.Peak)], GoldenCase.Exact);
    }
}
