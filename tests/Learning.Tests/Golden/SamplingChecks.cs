using System.Text.Json;
using DataflowRlhf.Learning.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Golden;

/// <summary>What stands between the logits and the draw, as transformers' processors have it.</summary>
internal static class SamplingChecks
{
    public static Dictionary<string, Action<GoldenCase>> All { get; } = new() { ["logits_processors"] = Processed };

    private static void Processed(GoldenCase c)
    {
        var logits = c.Of("logits");
        var texts = c.At("input_ids").EnumerateArray().Select(Fixtures.Ids).ToList();
        var steps = c.At("options");
        foreach (var step in steps.ValueKind == JsonValueKind.Array ? steps.EnumerateArray().ToList() : [steps])
            logits = Apply(logits, texts, step);
        var (ours, theirs) = (logits.data<double>().ToArray(), c.Numbers("processed"));
        ours.Select(double.IsNegativeInfinity).Should().Equal(theirs.Select(double.IsNegativeInfinity), "the same tokens are removed by {0}", steps.GetRawText());
        c.Hold("processed", [.. ours.Where(double.IsFinite)], [.. theirs.Where(double.IsFinite)], 1e-9);
        if (c.Has("probabilities"))
            c.Hold("probabilities", logits.softmax(-1));
    }

    private static Tensor Apply(Tensor logits, List<int[]> texts, JsonElement step)
    {
        var atLeast = step.TryGetProperty("min_tokens_to_keep", out var keep) ? keep.GetInt32() : 1;
        if (atLeast > 1)
            return LogitsProcessors.TopP(logits, step.GetProperty("top_p").GetDouble(), atLeast);
        var (options, place) = (new SamplingOptions(), 0);
        foreach (var property in step.EnumerateObject())
        {
            var value = property.Value;
            options = property.Name switch
            {
                "min_tokens_to_keep" => options,
                "temperature" => options with { Temperature = value.GetDouble() },
                "top_k" => options with { TopK = value.GetInt32() },
                "top_p" => options with { TopP = value.GetDouble() },
                "min_p" => options with { MinP = value.GetDouble() },
                "typical_p" => options with { TypicalP = value.GetDouble() },
                "epsilon_cutoff" => options with { EpsilonCutoff = value.GetDouble() },
                "repetition_penalty" => options with { RepetitionPenalty = value.GetDouble() },
                "no_repeat_ngram_size" => options with { NoRepeatNgramSize = value.GetInt32() },
                "min_new_tokens" => options with { MinNewTokens = value.GetInt32() },
                "eos" => options with { StopIds = Fixtures.Ids(value) },
                "prompt_length" => options,
                var other => throw new InvalidOperationException($"The golden file has an option '{other}' that the sampler lacks."),
            };
            if (property.Name == "prompt_length")
                place = texts[0].Length - value.GetInt32();
        }
        return LogitsProcessors.Apply(logits, texts, place, options);
    }
}
