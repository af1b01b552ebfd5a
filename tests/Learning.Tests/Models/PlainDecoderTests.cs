using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Models.Rope;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Tests.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Models;

/// <summary>What no golden folder covers, against <see cref="PlainDecoder"/>: rope scalings, windows in some layers, sequential residual, biases where they are an option.</summary>
public sealed class PlainDecoderTests
{
    private const double Theta = 10000;
    private static readonly DecoderConfig Small = Tiny.Config with { HeadDim = 16, MaxPositions = 24 };
    private static readonly int[] Short = [3, 17, 9, 9, 21, 4, 12, 20, 5, 6, 7, 18, 2];
    private static readonly int[] Long = [.. Enumerable.Range(0, 40).Select(i => 2 + (i * 7 % 22))];

    private static double Plain(int pair, int pairs, int length) => Math.Pow(Theta, -(double)pair / pairs);

    private static void Agrees(DecoderConfig config, Func<CausalLm, PlainDecoder> plain, params int[][] texts)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var model = ModelFolder.CreateCausalLm(config, 5, CPU, ScalarType.Float64).Loud(4);
        foreach (var vector in model.Decoder.Named.Where(n => n.Value.dim() == 1))
            vector.Value.add_(arange(vector.Value.numel()).to(ScalarType.Float64).sin() * 0.3); // norms and biases that matter
        model.eval();
        foreach (var text in texts)
        {
            using var batch = PackedBatch.FromSequences([text], CPU);
            var ours = model.Hidden(batch).data<double>().ToArray();
            var theirs = plain(model).Hidden(text).SelectMany(r => r).ToArray();
            ours.Zip(theirs, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-5);

            using var cache = model.Decoder.NewCache([text.Length], 0);
            var stepped = model.Decoder.Step(tensor(text.Select(i => (long)i).ToArray()).unsqueeze(0), cache).data<double>().ToArray();
            stepped.Zip(theirs, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-5);
        }
    }

    [Fact]
    public void Positions_as_they_are() => Agrees(Small, m => new(m) { Turn = Plain }, Short);

    [Fact]
    public void Linear_reads_every_position_as_a_fraction_of_it() =>
        Agrees(Small with { RopeScaling = new LinearRope(4) }, m => new(m) { Turn = (i, n, t) => Plain(i, n, t) / 4 }, Short, Long);

    [Fact]
    public void Dynamic_raises_the_base_with_the_length_beyond_the_positions()
    {
        double Turn(int pair, int pairs, int length)
        {
            var grown = length <= 24 ? 1 : (2.5 * length / 24) - 1.5;
            return Math.Pow(Theta * Math.Pow(grown, 2.0 * pairs / ((2 * pairs) - 2)), -(double)pair / pairs);
        }
        Agrees(Small with { RopeScaling = new DynamicRope(2.5) }, m => new(m) { Turn = Turn }, Short, Long);
    }

    [Theory]
    [InlineData(16, true, 32, 1)]
    [InlineData(16, false, 32, 1)]
    [InlineData(400, true, 32, 1)]
    [InlineData(400, false, 20, 2)]
    [InlineData(24, true, 3, 0.5)]
    public void Yarn_leaves_fast_turns_slows_slow_ones_and_ramps_between(int original, bool truncate, double fast, double slow)
    {
        // The pair (as a real number) that turns so many times within the original positions.
        double Pair(double times, int pairs) => pairs * Math.Log(original / (2 * Math.PI * times)) / Math.Log(Theta);
        double Turn(int pair, int pairs, int length)
        {
            var (from, to) = (Pair(fast, pairs), Pair(slow, pairs));
            (from, to) = truncate ? (Math.Floor(from), Math.Ceiling(to)) : (from, to);
            (from, to) = (Math.Max(0, from), Math.Min(to, (2 * pairs) - 1));
            var ramp = from == to ? (pair > from ? 1 : 0) : Math.Min(1, Math.Max(0, (pair - from) / (to - from)));
            return Plain(pair, pairs, length) * (1 - ramp + (ramp / 8));
        }
        var yarn = new YarnRope(8) { OriginalPositions = original, Truncate = truncate, BetaFast = fast, BetaSlow = slow };
        Agrees(Small with { RopeScaling = yarn, MaxPositions = 64 }, m => new(m) { Turn = Turn, Sharpness = 1 + (0.1 * Math.Log(8)) }, Short, Long);
    }

    [Fact]
    public void Yarns_ramp_of_Llama_2_goes_from_pair_20_to_pair_46()
    {
        var turns = new YarnRope(16) { OriginalPositions = 4096 }.Frequencies(Theta, 128, 65536, 1);
        double Slowed(int pair) => Math.Pow(Theta, -2.0 * pair / 128) / turns[pair];
        Slowed(20).Should().BeApproximately(1, 1e-12);
        Slowed(21).Should().BeGreaterThan(1.0001);
        Slowed(45).Should().BeLessThan(15.9);
        Slowed(46).Should().BeApproximately(16, 1e-9);
    }

    [Fact]
    public void Yarns_attention_factor_is_given_or_follows_from_the_factor_or_from_the_two_scales()
    {
        new YarnRope(1).AttentionFactor.Should().Be(1);
        new YarnRope(40).AttentionFactor.Should().BeApproximately(1.368887945, 1e-9);
        new YarnRope(40) { Given = 1.5, Scale = 2, ScaleAll = 1 }.AttentionFactor.Should().Be(1.5);
        new YarnRope(40) { Scale = 1, ScaleAll = 1 }.AttentionFactor.Should().Be(1);
        new YarnRope(40) { Scale = 0.707, ScaleAll = 0.5 }.AttentionFactor.Should().BeApproximately(1.260803777 / 1.184443973, 1e-9);
        new YarnRope(40) { Scale = 0.707 }.AttentionFactor.Should().BeApproximately(1.368887945, 1e-9);
    }

    [Theory]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    public void A_window_in_some_layers_holds_for_those_alone(string type)
    {
        var config = Small with { ModelType = type, Layers = 3, SlidingWindow = 4, SlidingLayers = new([false, true, false]) };
        Agrees(config, m => new(m) { Turn = Plain, Slides = i => i == 1 }, Short);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void NeoX_adds_attention_and_mlp_side_by_side_or_one_after_the_other(bool parallel)
    {
        var config = Small with { ModelType = "gpt_neox", KvHeads = Small.Heads, HeadDim = 8, RotaryShare = 0.5, ParallelResidual = parallel };
        Agrees(config, m => new(m) { Turn = Plain, Parallel = parallel }, Short);
    }

    [Theory]
    [InlineData("llama", true, true)]
    [InlineData("llama", true, false)]
    [InlineData("llama", false, true)]
    [InlineData("qwen3", true, false)]
    public void Biases_that_the_config_asks_for_are_added(string type, bool attention, bool mlp) =>
        Agrees(Small with { ModelType = type, AttentionBias = attention, MlpBias = mlp }, m => new(m) { Turn = Plain }, Short);

    [Fact]
    public void NeoX_without_attention_biases_has_none() =>
        Agrees(Small with { ModelType = "gpt_neox", KvHeads = Small.Heads, HeadDim = 8, RotaryShare = 0.25, AttentionBias = false }, m => new(m) { Turn = Plain }, Short);

    [Fact]
    public void GPT2_scaled_by_layer_is_GPT2_with_queries_scaled_by_layer()
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var config = Tiny.Of("gpt2") with { ScaleByLayer = true };
        using var scaled = ModelFolder.CreateCausalLm(config, 5, CPU, ScalarType.Float64).Loud();
        using var plain = ModelFolder.CreateCausalLm(config with { ScaleByLayer = false }, 5, CPU, ScalarType.Float64).Loud();
        for (var layer = 0; layer < config.Layers; layer++)
            plain.Decoder.Named.Single(n => n.Name == $"h.{layer}.attn.c_attn.weight").Value.narrow(1, 0, config.HiddenSize).div_(layer + 1.0);
        using var batch = PackedBatch.FromSequences([Short], CPU);
        (scaled.Hidden(batch) - plain.Hidden(batch)).abs().max().ToDouble().Should().BeLessThan(1e-10);
    }
}
