using System.Text.Json;
using DataflowRlhf.Learning.Losses;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Optimization;
using DataflowRlhf.Learning.Packing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = DataflowRlhf.Learning.Training.AdamW;

namespace DataflowRlhf.Learning.Tests.Models;

/// <summary>Backward through the packed batch against transformers' backward through a padded one, float64.</summary>
[Parity("models")]
public sealed class GoldenGradientTests
{
    public static TheoryData<string, string> Trainings() => GoldenFolder.With("train.json");

    [Theory]
    [MemberData(nameof(GoldenFolder.Classifiers), MemberType = typeof(GoldenFolder))]
    public void The_pair_loss_its_gradients_and_three_steps_are_those_of_transformers(string name, string config)
    {
        using var folder = new GoldenFolder(name, config, "seqcls");
        var golden = Fixtures.Json("models", name, "seqcls", "expected.json");
        foreach (var sequences in folder.Givens())
        {
            using var scope = NewDisposeScope();
            using var model = ModelFolder.LoadReward(folder.Path, CPU, dtype: ScalarType.Float64);
            model.eval();
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
                loss.ToDouble().Should().BeApproximately(losses[step], 1e-6 * Math.Max(1, losses[step]));
                loss.backward();
                if (step == 0)
                    Holds(Named(model.Decoder, model.named_parameters().Single(p => p.name == "score").parameter), golden);
                using var off = no_grad();
                foreach (var parameter in model.parameters())
                    parameter.add_(parameter.grad!, -0.001);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Trainings))]
    public void The_language_loss_its_gradients_and_three_steps_of_AdamW_are_those_of_transformers(string name, string config)
    {
        using var scope = NewDisposeScope();
        using var folder = new GoldenFolder(name, config);
        using var model = ModelFolder.LoadCausalLm(folder.Path, CPU, ScalarType.Float64);
        model.eval();
        var golden = folder.Json("train.json");
        var head = model.named_parameters().Where(p => p.name == "lm_head").Select(p => p.parameter).SingleOrDefault();
        var parameters = Named(model.Decoder, head);
        using var batch = PackedBatch.FromSequences(folder.Sequences(), CPU);
        // Targets are a sequence's tokens from the second on; the labels say which of them count.
        var counts = folder.Sequences().Zip(golden.GetProperty("labels").EnumerateArray(), (s, labels) => Fixtures.Ids(labels)[1..s.Length].Select(l => l != -100)).SelectMany(c => c).ToList();
        var counted = tensor(counts.Select((c, i) => (c, i)).Where(p => p.c).Select(p => (long)p.i).ToArray());
        counted.numel().Should().Be(golden.GetProperty("tokens").GetInt64());
        Tensor Loss() => nn.functional.cross_entropy(model.Logits(model.Hidden(batch).index_select(0, batch.PredictIndex.index_select(0, counted))), batch.TargetIds.index_select(0, counted));

        using var optimizer = new AdamW([new AdamW.Group([.. parameters.Select(p => (p.Key, p.Value))]) { WeightDecay = 0.1, Beta2 = 0.95 }]);
        var losses = golden.GetProperty("losses_adamw").EnumerateArray().Select(v => v.GetDouble()).ToList();
        for (var step = 0; step < losses.Count; step++)
        {
            optimizer.ZeroGradients();
            var loss = Loss();
            // The gradients are float64; the optimizer keeps its moments in float32.
            loss.ToDouble().Should().BeApproximately(losses[step], (step == 0 ? 1e-6 : 1e-5) * losses[step]);
            loss.backward();
            if (step == 0)
                Holds(parameters, golden);
            GradientNorm.Clip(parameters.Values, 1);
            optimizer.Step(1e-4);
        }
    }

    /// <summary>All parameters under their names without the model's prefix, and the head.</summary>
    private static Dictionary<string, Parameter> Named(Decoder decoder, Parameter? head)
    {
        var all = decoder.Named.ToDictionary(n => n.Name, n => n.Value);
        if (head is not null)
            all["head"] = head;
        return all;
    }

    private static void Holds(Dictionary<string, Parameter> ours, JsonElement golden)
    {
        var heads = new[] { "lm_head.weight", "embed_out.weight", "score.weight" };
        var grads = golden.GetProperty("grads").EnumerateObject().Select(g => (Name: heads.Contains(g.Name) ? "head" : GoldenFolder.Bare(g.Name), g.Value)).ToList();
        grads.Select(g => g.Name).Should().BeEquivalentTo(ours.Keys);
        var total = 0.0;
        foreach (var (name, expected) in grads)
        {
            ours[name].shape.Should().Equal(expected.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()));
            var values = ours[name].grad!.contiguous().reshape(-1).data<double>().ToArray();
            var squares = values.Sum(v => v * v);
            total += squares;
            var l2 = expected.GetProperty("l2").GetDouble();
            var near = 1e-6 * Math.Max(l2, 1e-3);
            Math.Sqrt(squares).Should().BeApproximately(l2, near, name);
            values.Sum().Should().BeApproximately(expected.GetProperty("sum").GetDouble(), near * Math.Sqrt(values.Length), name);
            var (head, tail) = (Numbers(expected.GetProperty("head")), Numbers(expected.GetProperty("tail")));
            values[..head.Length].Zip(head, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(near, name);
            values[^tail.Length..].Zip(tail, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(near, name);
        }
        Math.Sqrt(total).Should().BeApproximately(golden.GetProperty("grad_norm").GetDouble(), 1e-6 * Math.Sqrt(total));
    }

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(v => v.GetDouble())];

    private static Tensor Rows(JsonElement list) => tensor(list.EnumerateArray().Select(v => v.GetInt64()).ToArray());
}
