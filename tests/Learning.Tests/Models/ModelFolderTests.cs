using System.Text.Json.Nodes;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Models.Rope;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Tests.Training;
using DataflowRlhf.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Models;

/// <summary>What is written is read as it was.</summary>
public sealed class ModelFolderTests : TinyFolder
{
    [Fact]
    public void Stretched_positions_are_written_and_read_and_change_what_the_model_says()
    {
        var config = Tiny.Config with { RopeScaling = new Llama3Rope(8, 1, 4, 16) };
        using var model = ModelFolder.CreateCausalLm(config, 1, CPU).Loud();
        ModelFolder.Save(model, folder, null, "# tiny\n");
        DecoderConfig.Read(folder).Should().Be(config);
        using var plain = ModelFolder.CreateCausalLm(Tiny.Config, 1, CPU).Loud();
        float[] Logits(CausalLm of)
        {
            using var off = no_grad();
            using var scope = NewDisposeScope();
            using var batch = PackedBatch.FromSequences([[12, 13, 14, 15, 16, 17, 18, 19]], CPU);
            return Tiny.Values(of.Logits(of.Hidden(batch)));
        }
        Tiny.Distance(Logits(model), Logits(plain)).Should().BeGreaterThan(0.001);
    }

    [Fact]
    public void A_stretch_leaves_fast_turns_slows_slow_ones_and_blends_between()
    {
        var stretch = new Llama3Rope(8, 1, 4, 8192);
        double Turn(double tokens) => 2 * Math.PI / stretch.Of(2 * Math.PI / tokens);
        Turn(100).Should().BeApproximately(100, 1e-9);
        Turn(2047).Should().BeApproximately(2047, 1e-6);
        Turn(100_000).Should().BeApproximately(800_000, 1e-6);
        Turn(8193).Should().BeApproximately(8 * 8193, 1e-6);
        // Half way, 8192 / 4096 = 2 lies a third of the way from 1 to 4: a third of the frequency, and two thirds of its eighth.
        Turn(4096).Should().BeApproximately(4096 / ((1 / 3.0) + (2 / 3.0 / 8)), 1e-6);
    }

    [Theory]
    [InlineData("""{"rope_type": "linear", "factor": 4}""")]
    [InlineData("""{"type": "linear", "factor": 2.5}""")]
    [InlineData("""{"rope_type": "dynamic", "factor": 2}""")]
    [InlineData("""{"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 16}""")]
    [InlineData("""{"rope_type": "yarn", "factor": 4, "attention_factor": 1.2, "mscale": 1, "mscale_all_dim": 0.5, "truncate": false, "beta_fast": 20}""")]
    public void A_stretch_in_either_layout_is_read_and_written(string scaling)
    {
        Configure("rope_scaling", JsonNode.Parse(scaling));
        var older = DecoderConfig.Read(folder);
        older.RopeScaling.Should().NotBeNull();
        Configure("rope_scaling", null);
        var newer = JsonNode.Parse(scaling)!.AsObject();
        newer["rope_theta"] = older.RopeTheta;
        Configure("rope_theta", null);
        Configure("rope_parameters", newer);
        DecoderConfig.Read(folder).Should().Be(older);
        using var model = ModelFolder.LoadCausalLm(folder, CPU);
        ModelFolder.Save(model, folder, null, "# stretched\n");
        DecoderConfig.Read(folder).Should().Be(older);
    }

    [Fact]
    public void The_layers_with_a_window_are_those_from_max_window_layers_on()
    {
        using var model = Tiny.Language(type: "qwen2");
        ModelFolder.Save(model, folder, null, "# tiny\n");
        Configure("max_window_layers", 1);
        Configure("sliding_window", 5);
        DecoderConfig.Read(folder).SlidingWindow.Should().Be(0, "use_sliding_window is false");
        Configure("use_sliding_window", true);
        var config = DecoderConfig.Read(folder);
        (config.WindowOf(0), config.WindowOf(1)).Should().Be((0, 5));
        Configure("max_window_layers", 0);
        DecoderConfig.Read(folder).Should().Be(config with { SlidingLayers = null });
        Configure("layer_types", JsonNode.Parse("""["sliding_attention", "full_attention"]"""));
        DecoderConfig.Read(folder).Should().Be(config with { SlidingLayers = new([true, false]) });
        using var again = ModelFolder.LoadCausalLm(folder, CPU);
        ModelFolder.Save(again, folder, null, "# tiny\n");
        DecoderConfig.Read(folder).Should().Be(config with { SlidingLayers = new([true, false]) });
    }

    [Fact]
    public void A_folder_with_several_ends_of_text_gives_the_first_and_keeps_them_all()
    {
        Configure("eos_token_id", JsonNode.Parse("[5, 6, 7]"));
        DecoderConfig.Read(folder).EosTokenId.Should().Be(5);
        using (var model = ModelFolder.LoadCausalLm(folder, CPU))
            ModelFolder.Save(model, folder, null, "# ends\n");
        foreach (var file in new[] { Config, Path.Combine(folder, "generation_config.json") })
            JsonNode.Parse(File.ReadAllText(file))!["eos_token_id"]!.ToJsonString().Should().Be("[5,6,7]");
        Configure("eos_token_id", -1);
        DecoderConfig.Read(folder).EosTokenId.Should().BeNull();
        Configure("eos_token_id", null);
        DecoderConfig.Read(folder).EosTokenId.Should().BeNull();
    }

    [Fact]
    public void What_is_saved_says_where_texts_begin_and_end_and_takes_the_tokenizer_along()
    {
        var tokenizer = Directory.CreateDirectory(Path.Combine(folder, "tokenizer")).FullName;
        File.WriteAllText(Path.Combine(tokenizer, "tokenizer.json"), "{}");
        File.WriteAllText(Path.Combine(tokenizer, "notes.txt"), "no");
        using var model = ModelFolder.CreateCausalLm(Tiny.Config with { BosTokenId = 2, PadTokenId = 0 }, 1, CPU);
        var saved = Path.Combine(folder, "saved");
        ModelFolder.Save(model, saved, tokenizer, "# card\n");
        Directory.GetFiles(saved).Select(f => Path.GetFileName(f)).Should().BeEquivalentTo("config.json", "generation_config.json", "model.safetensors", "README.md", "tokenizer.json");
        var generation = JsonNode.Parse(File.ReadAllText(Path.Combine(saved, "generation_config.json")))!;
        (generation["bos_token_id"]!.GetValue<int>(), generation["eos_token_id"]!.GetValue<int>(), generation["pad_token_id"]!.GetValue<int>()).Should().Be((2, Tiny.Eos, 0));
    }

    [Theory]
    [InlineData(ScalarType.Float32, "float32")]
    [InlineData(ScalarType.BFloat16, "bfloat16")]
    [InlineData(ScalarType.Float16, "float16")]
    [InlineData(ScalarType.Float64, "float64")]
    public void Saved_and_loaded_again_every_bit_is_the_same(ScalarType type, string named)
    {
        using var scope = NewDisposeScope();
        using var model = ModelFolder.LoadCausalLm(folder, CPU, type);
        var copy = Path.Combine(folder, "copy");
        ModelFolder.Save(model, copy, null, "# copy\n");
        using var again = ModelFolder.LoadCausalLm(copy, CPU, type);
        foreach (var (before, after) in model.Decoder.Named.Zip(again.Decoder.Named))
        {
            after.Value.dtype.Should().Be(type);
            after.Value.detach().reshape(-1).bytes.ToArray().Should().Equal(before.Value.detach().reshape(-1).bytes.ToArray(), before.Name);
        }
        using var reader = SafetensorsReader.Open(Path.Combine(copy, "model.safetensors"));
        reader.Names.Should().OnlyContain(n => reader.Type(n) == type);
        File.ReadAllText(Path.Combine(copy, "config.json")).Should().Contain($"\"{named}\"");
        ModelFolder.Save(again, folder, null, "# copy\n");
        File.ReadAllBytes(Weights).Should().Equal(File.ReadAllBytes(Path.Combine(copy, "model.safetensors")));
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("mistral")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("gpt2")]
    [InlineData("gpt_neox")]
    [InlineData("gemma")]
    public void A_config_that_was_written_is_read_as_it_was(string type)
    {
        var config = Tiny.Of(type) with { NormEps = 3e-6, MaxPositions = 96, BosTokenId = 2, PadTokenId = 0, RopeTheta = type == "gpt2" ? 10000 : 500000 };
        using var model = ModelFolder.CreateCausalLm(config, 1, CPU);
        ModelFolder.Save(model, folder, null, "# tiny\n");
        DecoderConfig.Read(folder).Should().Be(config);
        using var again = ModelFolder.LoadCausalLm(folder, CPU);
        again.Decoder.Config.Should().Be(config);
    }

    [Fact]
    public void A_reward_model_keeps_its_head()
    {
        using var scope = NewDisposeScope();
        using var model = Tiny.Reward(seed: 8);
        ModelFolder.Save(model, folder, null, "# reward\n");
        using var again = ModelFolder.LoadReward(folder, CPU, headSeed: 99);
        Head(again).Should().Equal(Head(model));
    }

    [Fact]
    public void A_language_models_folder_gives_a_reward_model_with_a_head_of_the_seed()
    {
        using var scope = NewDisposeScope();
        using var one = ModelFolder.LoadReward(folder, CPU, headSeed: 1);
        using var same = ModelFolder.LoadReward(folder, CPU, headSeed: 1);
        using var other = ModelFolder.LoadReward(folder, CPU, headSeed: 2);
        Head(same).Should().Equal(Head(one)).And.NotEqual(Head(other));
        Tiny.Values(other.Decoder.Named[0].Value).Should().Equal(Tiny.Values(one.Decoder.Named[0].Value));
    }

    private static float[] Head(RewardModel model) => Tiny.Values(model.named_parameters().Single(p => p.name == "score").parameter);
}
