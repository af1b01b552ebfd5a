using DataflowRlhf.Learning.Memory;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Models.Lora;
using DataflowRlhf.Learning.Tests.Training;
using TorchSharp;

namespace DataflowRlhf.Learning.Tests.Memory;

/// <summary>The forecast against models that are there, and against a second count by hand.</summary>
public sealed class StepMemoryTests
{
    private static readonly LoraSettings Lora = new() { Rank = 4, Alpha = 8 };
    private static readonly PassShape Pass = PassShape.Full(new GroupLength(20, 8, 2), 80);

    [Theory]
    [InlineData("llama")]
    [InlineData("mistral")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("gemma")]
    [InlineData("gpt2")]
    [InlineData("gpt_neox")]
    public void Counts_the_weights_that_a_model_has(string type)
    {
        var config = Tiny.Of(type) with { TieEmbeddings = false };
        using var language = ModelFolder.CreateCausalLm(config, 1, torch.CPU);
        using var reward = ModelFolder.CreateReward(config, 1, torch.CPU);
        var (spoken, scored) = (StepMemory.Language(Of(config), Pass), StepMemory.Reward(Of(config), Pass));
        spoken.Weights.Should().Be(4 * Count(language.parameters()));
        scored.Weights.Should().Be(4 * Count(reward.parameters()));
        (spoken.Gradients, spoken.Moments, spoken.Masters).Should().Be((spoken.Weights, 2 * spoken.Weights, 0));
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    public void Counts_the_adapters_that_are_trained(string type)
    {
        using var reward = Tiny.Reward(type: type);
        reward.Decoder.Adapt(Lora, 1);
        var forecast = StepMemory.Reward(Of(Tiny.Of(type)) with { Lora = Lora }, Pass);
        forecast.Weights.Should().Be(4 * Count(reward.parameters()));
        forecast.Gradients.Should().Be(4 * Count(reward.parameters().Where(p => p.requires_grad)));
    }

    [Fact]
    public void Keeps_float32_masters_of_bfloat16_weights()
    {
        var (wide, narrow) = (StepMemory.Reward(Of(Tiny.Config), Pass), StepMemory.Reward(Of(Tiny.Config) with { Bfloat16 = true }, Pass));
        (narrow.Weights, narrow.Gradients, narrow.Moments, narrow.Masters).Should().Be((wide.Weights / 2, wide.Gradients / 2, wide.Moments, wide.Weights));
    }

    /// <summary>A reward step of 4 groups of 20 tokens: 80 rows; 32 wide, 4 heads of 8 that share 2 of keys and values, 64 in the MLP, 2 layers; float32.</summary>
    [Fact]
    public void Agrees_with_a_count_by_hand()
    {
        const long rows = 80, hidden = 32, query = 32, key = 16, ffn = 64, squares = 4 * 20 * 20;
        long[] kept =
        [
            rows * hidden, rows * hidden,                               // first norm: scaled, result
            rows * query, rows * query, rows * query, 4 * squares,      // queries, shared keys and values, attention's shares
            rows * query,                                               // mixed
            rows * hidden,                                              // after attention
            rows * hidden, rows * hidden,                               // second norm
            rows * ffn, rows * ffn, rows * ffn, rows * ffn,             // gate, its function, up, product
            rows * hidden,                                              // the layer's result
        ];
        long[] dropped =
        [
            rows * hidden, rows * hidden,                               // squares of both norms
            rows * (query + key + key), rows * (query + key + key),     // projected, joined
            rows * (query + key + key),                                 // gathered
            rows * 9 * (query + key) / 2,                               // turned: x cos, half of it negated, turned, times sin, sum
            rows * query,                                               // scaled queries
            4 * squares, 4 * squares,                                   // scores, and masked
            rows * query, rows * query,                                 // mixed by head, by token
            rows * hidden, rows * hidden,                               // out, down
        ];
        long[] around =
        [
            rows * hidden,                                              // embeddings
            3 * rows * hidden,                                          // last norm: squares, scaled, result
            rows * 8 * 7 / 2,                                           // angles, both halves, cosine, sine of 8 values
        ];
        long bytes = (2 * squares) + (rows * 8 * 6)                     // masks, indices
            + (8 * hidden * 8);                                         // last rows and their float32 copies
        var forecast = StepMemory.Reward(Of(Tiny.Config), Pass);
        forecast.Kept.Should().Be((4 * ((2 * kept.Sum()) + around.Sum())) + bytes);
        forecast.Passing.Should().Be(4 * dropped.Sum());
    }

    [Fact]
    public void Cuts_blocks_as_attention_does()
    {
        var shape = PassShape.Of([.. new[] { 9, 2, 2, 2 }.Select(l => new GroupLength(l, 1, 1))]);
        (shape.Tokens, shape.Places, shape.Squares, shape.Blocks).Should().Be((15, 15, 12 + 81, 2));
    }

    [Fact]
    public void Every_way_to_save_saves()
    {
        var config = Tiny.Config with { HiddenSize = 256, HeadDim = 64, FfnSize = 1024, Layers = 6, VocabSize = 4096 };
        var pass = PassShape.Full(new GroupLength(200, 100, 2), 4000);
        long Peak(ModelShape shape, PassShape of) => StepMemory.Reward(shape, of).Peak("cpu");
        var plain = Peak(Of(config), pass);
        Peak(Of(config) with { Recomputes = true }, pass).Should().BeLessThan(plain / 2);
        Peak(Of(config) with { Bfloat16 = true }, pass).Should().BeLessThan(plain);
        Peak(Of(config) with { Lora = Lora }, pass).Should().BeLessThan(plain);
        Peak(Of(config), PassShape.Full(new GroupLength(200, 100, 2), 2000)).Should().BeLessThan(plain);
        StepMemory.Reward(Of(config), pass, views: 2).Peak("cpu").Should().BeGreaterThan(plain);
        StepMemory.Reward(Of(config), pass, languageTerm: true).Peak("cpu").Should().BeGreaterThan(plain);
        StepMemory.Meta(Of(config), pass, pass).Peak("cpu").Should().BeGreaterThan(plain);
    }

    private static ModelShape Of(DecoderConfig config) => new() { Config = config };

    private static long Count(IEnumerable<TorchSharp.Modules.Parameter> parameters) => parameters.Sum(p => p.numel());
}
