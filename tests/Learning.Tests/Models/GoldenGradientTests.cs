using System.Text.Json;
using DataflowRlhf.Learning.Losses;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Models;

/// <summary>Backward through the packed batch against transformers' backward through a padded one, float64: the pair loss of the tiny sequence classifiers.</summary>
[Parity("models")]
public sealed class GoldenGradientTests
{
    [Theory]
    [MemberData(nameof(GoldenModelTests.Models), MemberType = typeof(GoldenModelTests))]
    public void Gradients_and_three_steps_are_those_of_transformers(string name)
    {
        using var scope = NewDisposeScope();
        var golden = Fixtures.Json("models", name, "seqcls", "expected.json");
        using var model = ModelFolder.LoadReward(Fixtures.Path("models", name, "seqcls"), CPU, dtype: ScalarType.Float64);
        var sequences = Fixtures.Json("models", name, "inputs.json").GetProperty("sequences").EnumerateArray().Select(Fixtures.Ids).ToList();
        var (chosen, rejected) = (Rows(golden.GetProperty("chosen")), Rows(golden.GetProperty("rejected")));
        Tensor Loss()
        {
            using var batch = PackedBatch.FromSequences(sequences, CPU);
            var rewards = model.Rewards(batch);
            return BradleyTerry.Loss(rewards.index_select(0, chosen) - rewards.index_select(0, rejected)).mean();
        }

        var losses = golden.GetProperty("losses_sgd").EnumerateArray().Select(v => v.GetDouble()).ToList();
        for (var step = 0; step < losses.Count; step++)
        {
            model.zero_grad();
            var loss = Loss();
            loss.ToDouble().Should().BeApproximately(losses[step], 1e-6 * losses[step]);
            loss.backward();
            if (step == 0)
                Holds(model, golden.GetProperty("grads"));
            using var off = no_grad();
            foreach (var parameter in model.parameters())
                parameter.add_(parameter.grad!, -0.001);
        }
    }

    private static void Holds(RewardModel model, JsonElement grads)
    {
        var ours = model.Decoder.Named.ToDictionary(n => n.Name, n => n.Value);
        ours["score.weight"] = model.named_parameters().Single(p => p.name == "score").parameter;
        grads.EnumerateObject().Should().HaveCount(ours.Count);
        foreach (var golden in grads.EnumerateObject())
        {
            var parameter = ours[golden.Name.StartsWith("model.") ? golden.Name[6..] : golden.Name.StartsWith("transformer.") ? golden.Name[12..] : golden.Name];
            var values = parameter.grad!.contiguous().reshape(-1).data<double>().ToArray();
            var l2 = golden.Value.GetProperty("l2").GetDouble();
            var near = 1e-6 * Math.Max(l2, 1e-3);
            Math.Sqrt(values.Sum(v => v * v)).Should().BeApproximately(l2, near, golden.Name);
            values.Sum().Should().BeApproximately(golden.Value.GetProperty("sum").GetDouble(), near * Math.Sqrt(values.Length), golden.Name);
            var (head, tail) = (Numbers(golden.Value.GetProperty("head")), Numbers(golden.Value.GetProperty("tail")));
            values[..head.Length].Zip(head, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(near, golden.Name);
            values[^tail.Length..].Zip(tail, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(near, golden.Name);
        }
    }

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(v => v.GetDouble())];

    private static Tensor Rows(JsonElement list) => tensor(list.EnumerateArray().Select(v => v.GetInt64()).ToArray());
}
