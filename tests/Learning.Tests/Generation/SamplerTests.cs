using DataflowRlhf.Learning.Generation;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Tests.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Generation;

public sealed class SamplerTests
{
    private static readonly int[][] Prompts = [[12, 13, 14, 9, 8, 7, 6], [20], [15, 16, 17, 18], [22, 23]];

    private static List<Sample> Draw(CausalLm model, SamplingOptions options, int perPrompt = 3, ulong seed = 4) =>
        Sampler.Sample(model, Prompts, perPrompt, options, seed, CPU);

    [Theory]
    [InlineData("llama")]
    [InlineData("mistral")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("gpt2")]
    public void Log_probabilities_behind_the_cache_are_those_of_a_full_forward(string type)
    {
        using var model = Tiny.Language(type: type).Loud();
        var options = new SamplingOptions { MaxNewTokens = 12, Temperature = 0.8, StopIds = [1, 2] };
        foreach (var sample in Draw(model, options))
            sample.LogProbs.Zip(Full(model, sample, options), (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-5f);
    }

    [Fact]
    public void With_every_processor_they_are_those_of_the_distribution_drawn_from()
    {
        using var model = Tiny.Language().Loud();
        var options = new SamplingOptions { MaxNewTokens = 12, Temperature = 0.8, TopK = 9, TopP = 0.9, MinP = 0.02, RepetitionPenalty = 1.3, NoRepeatNgramSize = 2, MinNewTokens = 5, TypicalP = 0.95, EpsilonCutoff = 0.001, StopIds = [1] };
        foreach (var sample in Draw(model, options))
        {
            sample.LogProbs.Should().OnlyContain(p => float.IsFinite(p) && p <= 0, "what was drawn was possible");
            sample.Ids.Length.Should().BeGreaterThan(5);
            int[] text = [.. Prompts[sample.Prompt], .. sample.Ids];
            text.Zip(text.Skip(1)).Skip(Prompts[sample.Prompt].Length - 1).Should().OnlyHaveUniqueItems();
            sample.LogProbs.Zip(Full(model, sample, options), (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-5f);
        }
    }

    /// <summary>log softmax of the processed logits at each token, every text computed whole and by itself.</summary>
    private static float[] Full(CausalLm model, Sample sample, SamplingOptions options)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        int[] text = [.. Prompts[sample.Prompt], .. sample.Ids];
        using var batch = PackedBatch.FromSequences([text], CPU);
        var logits = model.Logits(model.Hidden(batch));
        return [.. sample.Ids.Select((id, i) =>
        {
            var row = Prompts[sample.Prompt].Length + i - 1;
            return LogitsProcessors.Apply(logits.narrow(0, row, 1), [text[..(row + 1)]], i, options).log_softmax(-1).select(0, 0).select(0, id).ToSingle();
        })];
    }

    [Fact]
    public void Equal_seeds_give_equal_tokens_however_many_go_side_by_side()
    {
        using var model = Tiny.Language().Loud();
        var options = new SamplingOptions { MaxNewTokens = 10, StopIds = [1, 2, 3] };
        var first = Draw(model, options).Select(s => string.Join(' ', s.Ids)).ToList();
        Draw(model, options).Select(s => string.Join(' ', s.Ids)).Should().Equal(first);
        Draw(model, options with { Concurrency = 1 }).Select(s => string.Join(' ', s.Ids)).Should().Equal(first);
        Draw(model, options with { Concurrency = 6 }).Select(s => string.Join(' ', s.Ids)).Should().Equal(first);
        Draw(model, options, seed: 5).Select(s => string.Join(' ', s.Ids)).Should().NotEqual(first);
    }

    [Fact]
    public void A_stop_token_is_the_last_and_only_the_limit_ends_a_text_without_one()
    {
        using var model = Tiny.Language().Loud(3);
        int[] stops = [1, 4, 8, 11];
        var samples = Draw(model, new() { MaxNewTokens = 7, StopIds = stops }, perPrompt: 8);
        foreach (var sample in samples)
        {
            sample.Finished.Should().Be(stops.Contains(sample.Ids[^1]));
            sample.Ids[..^1].Should().NotIntersectWith(stops);
            sample.LogProbs.Should().HaveSameCount(sample.Ids);
            if (!sample.Finished)
                sample.Ids.Should().HaveCount(7);
        }
        samples.Select(s => s.Finished).Should().Contain(true).And.Contain(false);
    }

    [Fact]
    public void Each_prompt_gets_its_k_responses_in_order_and_they_differ()
    {
        using var model = Tiny.Language();
        var samples = Draw(model, new() { MaxNewTokens = 8 }, perPrompt: 5);
        samples.Select(s => s.Prompt).Should().Equal(Enumerable.Range(0, 4).SelectMany(p => Enumerable.Repeat(p, 5)));
        foreach (var group in samples.GroupBy(s => s.Prompt))
            group.Select(s => string.Join(' ', s.Ids)).Should().OnlyHaveUniqueItems("an even distribution over 24 tokens hardly repeats 8");
    }

    [Fact]
    public void The_first_response_of_a_prompt_is_the_same_whether_k_is_1_or_more()
    {
        using var model = Tiny.Language().Loud();
        var options = new SamplingOptions { MaxNewTokens = 6 };
        var alone = Draw(model, options, perPrompt: 1);
        var many = Draw(model, options, perPrompt: 4);
        for (var p = 0; p < Prompts.Length; p++)
            many[4 * p].Ids.Should().Equal(alone[p].Ids);
    }

    [Fact]
    public void Tokens_come_as_often_as_the_model_says()
    {
        const int Draws = 4000;
        using var model = Tiny.Language().Loud(4);
        int[] prompt = [12, 13];
        var samples = Sampler.Sample(model, [prompt], Draws, new() { MaxNewTokens = 1, Temperature = 1.2, Concurrency = Draws }, 77, CPU);
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var batch = PackedBatch.FromSequences([prompt], CPU);
        var expected = Tiny.Values((model.Logits(model.Hidden(batch)).select(0, 1) / 1.2).softmax(-1));
        for (var token = 0; token < Tiny.Vocabulary; token++)
        {
            var (p, share) = (expected[token], samples.Count(s => s.Ids[0] == token) / (double)Draws);
            share.Should().BeApproximately(p, 4.5 * Math.Sqrt(p * (1 - p) / Draws) + 1e-4, "token {0}", token);
        }
    }

    [Fact]
    public void A_text_stops_where_the_models_positions_end()
    {
        using var model = Tiny.Language();
        var longest = Enumerable.Repeat(12, 60).ToArray();
        var samples = Sampler.Sample(model, [longest], 2, new() { MaxNewTokens = 50 }, 1, CPU);
        samples.Should().OnlyContain(s => s.Ids.Length == 4 && !s.Finished);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    public void A_prompt_that_leaves_no_room_is_refused(int length)
    {
        using var model = Tiny.Language();
        FluentActions.Invoking(() => Sampler.Sample(model, [Enumerable.Repeat(12, length).ToArray()], 1, new(), 1, CPU))
            .Should().Throw<ArgumentException>().WithMessage($"*{length} tokens*1 to 63*");
    }
}
