using System.Text.Json;
using DataflowRlhf.Learning.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Generation;

public sealed class LogitsProcessorsTests(ITestOutputHelper output)
{
    [Fact]
    public void Agree_with_the_golden_values()
    {
        var all = Fixtures.Json("losses", "logits_processors.json").GetProperty("cases").EnumerateArray().ToList();
        var cases = all.Where(Ours).ToList();
        cases.Should().HaveCount(34);
        output.WriteLine("not the sampler's: " + string.Join(", ", all.Where(c => !Ours(c)).Select(c => c.GetProperty("kind").GetString()).Distinct()));
        foreach (var (item, index) in cases.Select((c, i) => (c, i)))
        {
            using var scope = NewDisposeScope();
            var logits = Matrix(item.GetProperty("logits"));
            var seen = Whole(item.GetProperty("input_ids"));
            var options = item.GetProperty("options");
            var steps = options.ValueKind == JsonValueKind.Array ? options.EnumerateArray().ToList() : [options];
            foreach (var step in steps)
                logits = LogitsProcessors.Apply(logits, seen, Options(step));
            var expected = Matrix(item.GetProperty("processed"));
            Numbers(logits).Zip(Numbers(expected)).Should().OnlyContain(p => p.First == p.Second || Math.Abs(p.First - p.Second) < 1e-9, "case {0} ({1})", index, item.GetProperty("kind"));
            output.WriteLine($"{item.GetProperty("kind")} {options.GetRawText()}: {expected.numel()} numbers");
        }
    }

    /// <summary>The processors that the sampler has, each keeping at least one token.</summary>
    private static bool Ours(JsonElement item) =>
        item.GetProperty("kind").GetString() is "temperature" or "top_k" or "top_p" or "min_p" or "repetition_penalty" or "chain"
        && !(item.GetProperty("options").ValueKind == JsonValueKind.Object && item.GetProperty("options").TryGetProperty("min_tokens_to_keep", out var keep) && keep.GetInt32() > 1);

    private static SamplingOptions Options(JsonElement step)
    {
        var options = new SamplingOptions();
        foreach (var property in step.EnumerateObject())
            options = property.Name switch
            {
                "min_tokens_to_keep" => options,
                "temperature" => options with { Temperature = property.Value.GetDouble() },
                "top_k" => options with { TopK = property.Value.GetInt32() },
                "top_p" => options with { TopP = property.Value.GetDouble() },
                "min_p" => options with { MinP = property.Value.GetDouble() },
                "repetition_penalty" => options with { RepetitionPenalty = property.Value.GetDouble() },
                var other => throw new InvalidOperationException($"The fixture has an option '{other}' that the sampler lacks."),
            };
        return options;
    }

    private static double[] Numbers(Tensor tensor) => tensor.data<double>().ToArray();

    private static Tensor Matrix(JsonElement rows)
    {
        var values = rows.EnumerateArray().Select(r => r.EnumerateArray().Select(Number).ToArray()).ToArray();
        return tensor(values.SelectMany(v => v).ToArray()).reshape(values.Length, values[0].Length);
    }

    private static Tensor Whole(JsonElement rows)
    {
        var values = rows.EnumerateArray().Select(r => r.EnumerateArray().Select(v => v.GetInt64()).ToArray()).ToArray();
        return tensor(values.SelectMany(v => v).ToArray()).reshape(values.Length, values[0].Length);
    }

    private static double Number(JsonElement value) => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : value.GetString() switch
    {
        "-Infinity" => double.NegativeInfinity,
        "Infinity" => double.PositiveInfinity,
        _ => double.NaN,
    };
}
