using System.Text.Json.Nodes;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Models.Rope;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Tests.Training;
using DataflowRlhf.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Models;

public sealed class ModelFolderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("model-").FullName;

    public ModelFolderTests()
    {
        using var model = Tiny.Language();
        ModelFolder.Save(model, folder, null, "# tiny\n");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Weights => Path.Combine(folder, "model.safetensors");

    private string Config => Path.Combine(folder, "config.json");

    private void Configure(string name, JsonNode? value)
    {
        var config = JsonNode.Parse(File.ReadAllText(Config))!;
        config[name] = value;
        File.WriteAllText(Config, config.ToJsonString());
    }

    private void Rewrite(Func<List<(string Name, Tensor Value)>, IEnumerable<(string, Tensor)>> change)
    {
        using var scope = NewDisposeScope();
        List<(string, Tensor)> all;
        using (var reader = SafetensorsReader.Open(Weights))
            all = [.. reader.Names.Select(n => (n, reader.ReadTensor(n)))];
        SafetensorsWriter.Write(Weights, change(all), null);
    }

    private void Refused(string message) => FluentActions.Invoking(() => ModelFolder.LoadCausalLm(folder, CPU).Dispose())
        .Should().Throw<ModelFolderException>().WithMessage(message).Which.Message.Should().Contain(folder).And.NotContain("\n");

    [Fact]
    public void Names_a_folder_without_config()
    {
        File.Delete(Config);
        Refused("*is not a model folder: it has no config.json*");
    }

    [Fact]
    public void Names_a_config_that_is_no_json()
    {
        File.WriteAllText(Config, "{\"model_type\": ");
        Refused("*config.json cannot be read*");
    }

    [Fact]
    public void Names_an_unknown_architecture_and_the_supported_ones()
    {
        Configure("model_type", "bert");
        Refused("*model_type 'bert' is not supported; gpt2, gpt_neox, llama, mistral, qwen2, qwen3, gemma are*");
    }

    [Theory]
    [InlineData("num_key_value_heads", "0")]
    [InlineData("num_key_value_heads", "\"two\"")]
    [InlineData("head_dim", "-8")]
    [InlineData("hidden_size", "32.5")]
    [InlineData("num_attention_heads", "null")]
    public void Names_a_setting_that_cannot_be(string name, string value)
    {
        Configure(name, JsonNode.Parse(value));
        Refused($"*'{name}' must be a whole number from 1 to *; it is {value}*");
    }

    [Fact]
    public void Names_a_way_of_stretching_positions_that_it_does_not_know()
    {
        Configure("rope_scaling", JsonNode.Parse("""{"rope_type": "longrope", "factor": 4}"""));
        Refused("*'longrope' is not supported; default, linear, dynamic, llama3 and yarn are*");
    }

    [Theory]
    [InlineData("""{"rope_type": "linear"}""", "*'factor' must be a number from 1 on; it is missing*")]
    [InlineData("""{"rope_type": "linear", "factor": 0.5}""", "*'factor' must be a number from 1 on; it is 0.5*")]
    [InlineData("""{"rope_type": "dynamic", "factor": "2"}""", "*'factor' must be a number from 1 on; it is \"2\"*")]
    [InlineData("""{"type": "yarn", "factor": 4, "beta_fast": 1, "beta_slow": 2}""", "*yarn needs a beta_fast from its beta_slow on; they are 1 and 2*")]
    [InlineData("""{"type": "yarn", "factor": 4, "truncate": 1}""", "*'truncate' must be true or false; it is 1*")]
    [InlineData("""{"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4}""", "*config.json, rope_scaling: 'original_max_position_embeddings' must be*it is missing*")]
    [InlineData("""{"rope_type": "llama3", "factor": 0, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 64}""", "*'factor' must be a number from 1 on; it is 0*")]
    [InlineData("""{"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4, "original_max_position_embeddings": 64}""", "*high_freq_factor above*")]
    public void Names_what_a_stretch_of_positions_lacks(string scaling, string message)
    {
        Configure("rope_scaling", JsonNode.Parse(scaling));
        Refused(message);
    }

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

    [Theory]
    [InlineData("hidden_act", "\"mish\"", "*hidden_act 'mish' is not supported; silu, swish, gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, relu are*")]
    [InlineData("num_key_value_heads", "3", "*4 heads do not share out over 3 key and value heads*")]
    [InlineData("num_attention_heads", "3", "*3 heads do not share out over 2 key and value heads*")]
    [InlineData("head_dim", "7", "*turn pairs of values, and of a head's 7 they would turn 7*")]
    [InlineData("head_dim", "16", "*self_attn.q_proj.weight' is ?32, 32?, and ?64, 32? is needed*")]
    [InlineData("vocab_size", "-24", "*'vocab_size' must be a whole number from 1 to 16777216; it is -24*")]
    [InlineData("vocab_size", "16777216", "*embed_tokens.weight' is ?24, 32?, and ?16777216, 32? is needed*")]
    [InlineData("hidden_size", "99999999999999999999", "*'hidden_size' must be a whole number from 1 to 16777216; it is 99999999999999999999*")]
    [InlineData("hidden_size", "16777216", "*and ?24, 16777216? is needed*")]
    [InlineData("num_hidden_layers", "2000000000", "*'num_hidden_layers' must be a whole number from 1 to 16384; it is 2000000000*")]
    [InlineData("num_hidden_layers", "16384", "*'model.layers.2.input_layernorm.weight' is missing*")]
    [InlineData("num_hidden_layers", "1", "*'model.layers.1.input_layernorm.weight', *and 3 more are there, and such a model has no weight of that name*")]
    [InlineData("rms_norm_eps", "-1", "*'rms_norm_eps' must be a number from 0 on; it is -1*")]
    [InlineData("rope_theta", "0", "*'rope_theta' must be a number above 0; it is 0*")]
    [InlineData("rope_theta", "1e999", "*'rope_theta' must be a number above 0; it is 1e999*")]
    [InlineData("rope_scaling", "\"linear\"", "*'rope_scaling' must be an object; it is \"linear\"*")]
    [InlineData("partial_rotary_factor", "0.5", "*partial_rotary_factor 0.5 is not supported for llama; 1 is, and others are for gpt_neox*")]
    [InlineData("tie_word_embeddings", "\"yes\"", "*'tie_word_embeddings' must be true or false; it is \"yes\"*")]
    [InlineData("tie_word_embeddings", "false", "*'lm_head.weight' is missing*")]
    [InlineData("attention_bias", "true", "*'model.layers.0.self_attn.q_proj.bias' is missing*")]
    [InlineData("eos_token_id", "\"</s>\"", "*'eos_token_id' must be a token id or a list of them; it is*")]
    [InlineData("model_type", "null", "*'model_type' is missing; gpt2, *are supported*")]
    [InlineData("model_type", "7", "*'model_type' must be a text; it is 7*")]
    public void Names_what_a_llama_cannot_be(string field, string value, string message)
    {
        Configure(field, JsonNode.Parse(value));
        Refused(message);
    }

    [Theory]
    [InlineData("gpt2", "n_head", "5", "*n_embd 32 does not share out over n_head 5*")]
    [InlineData("gpt2", "activation_function", "\"tanh\"", "*activation_function 'tanh' is not supported; silu, *")]
    [InlineData("gpt2", "scale_attn_weights", "false", "*scale_attn_weights: false is not supported; true is*")]
    [InlineData("gpt2", "add_cross_attention", "true", "*add_cross_attention: true is not supported; false is*")]
    [InlineData("gpt2", "n_positions", "16777216", "*wpe.weight' is ?64, 32?, and ?16777216, 32? is needed*")]
    [InlineData("gpt_neox", "num_attention_heads", "5", "*hidden_size 32 does not share out over num_attention_heads 5*")]
    [InlineData("gpt_neox", "rotary_pct", "1.5", "*rotary_pct must be at most 1; it is 1.5*")]
    [InlineData("gpt_neox", "rotary_pct", "0.1", "*turn pairs of values, and of a head's 8 they would turn 0*")]
    [InlineData("gemma", "use_bidirectional_attention", "true", "*use_bidirectional_attention: true is not supported; false is*")]
    [InlineData("gemma", "hidden_activation", "\"quick_gelu\"", "*hidden_activation 'quick_gelu' is not supported*")]
    [InlineData("mistral", "attention_bias", "true", "*attention_bias: true is not supported for mistral*")]
    [InlineData("qwen2", "use_sliding_window", "true", "*'sliding_window' must be a whole number*it is null*")]
    [InlineData("qwen2", "layer_types", "[\"full_attention\"]", "*layer_types names 1 layers, and num_hidden_layers is 2*")]
    [InlineData("qwen3", "layer_types", "[\"full_attention\", \"chunked_attention\"]", "*layer_types has 'chunked_attention'; full_attention and sliding_attention are supported*")]
    [InlineData("qwen3", "layer_types", "[\"full_attention\", \"sliding_attention\"]", "*layer_types has sliding_attention, and use_sliding_window is not true*")]
    [InlineData("qwen3", "layer_types", "[1, 2]", "*'layer_types' must be a list of texts*")]
    public void Names_what_others_cannot_be(string type, string field, string value, string message)
    {
        using var model = Tiny.Language(type: type);
        ModelFolder.Save(model, folder, null, "# tiny\n");
        Configure(field, JsonNode.Parse(value));
        Refused(message);
    }

    [Theory]
    [InlineData("[1, 2]", "*config.json is not a JSON object*")]
    [InlineData("{\"a\": 1, \"a\": 2}", "*config.json cannot be read: *")]
    [InlineData("", "*config.json cannot be read: *")]
    public void Names_a_config_that_is_no_object(string text, string message)
    {
        File.WriteAllText(Config, text);
        Refused(message);
    }

    [Fact]
    public void Names_a_config_that_is_too_deep_or_too_large()
    {
        File.WriteAllText(Config, new string('[', 100_000));
        Refused("*config.json cannot be read*");
        File.WriteAllText(Config, new string(' ', (1 << 24) + 1));
        Refused("*config.json has 16777217 bytes; a config has at most 16777216*");
    }

    [Fact]
    public void Names_a_weight_of_a_type_that_holds_no_weights()
    {
        Rewrite(all => all.Select(w => w.Name == "model.norm.weight" ? (w.Name, ones(32, ScalarType.Int64)) : w));
        Refused("*'model.norm.weight' is stored as I64, and F64, F32, F16, BF16 are read*");
    }

    [Fact]
    public void Names_a_score_head_of_more_than_one_label()
    {
        Rewrite(all => [.. all, ("score.weight", ones(3, 32))]);
        FluentActions.Invoking(() => ModelFolder.LoadReward(folder, CPU).Dispose()).Should().Throw<ModelFolderException>().WithMessage("*'score.weight' is ?3, 32?, and ?1, 32? is needed*");
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

    [Fact]
    public void Names_missing_weights()
    {
        File.Delete(Weights);
        Refused("*has no model.safetensors and no model.safetensors.index.json*");
    }

    [Fact]
    public void Names_a_missing_weight()
    {
        Rewrite(all => all.Where(w => !w.Name.Contains("layers.1.mlp.up_proj")));
        Refused("*'model.layers.1.mlp.up_proj.weight' is missing*");
    }

    [Fact]
    public void Names_a_surplus_weight()
    {
        Rewrite(all => [.. all, ("model.layers.2.norm.weight", ones(3))]);
        Refused("*model.layers.2.norm.weight*");
    }

    [Fact]
    public void Names_a_weight_of_another_shape_and_both_shapes()
    {
        Rewrite(all => all.Select(w => w.Name == "model.norm.weight" ? (w.Name, ones(31)) : w));
        Refused("*'model.norm.weight' is [31], and [32] is needed*");
    }

    [Fact]
    public void Names_weights_that_are_cut_short()
    {
        using (var file = File.OpenWrite(Weights))
            file.SetLength(file.Length - 1);
        Refused("*model.safetensors*and the file has*");
    }

    [Fact]
    public void Names_a_broken_index()
    {
        File.Move(Weights, Path.Combine(folder, "model-00001-of-00001.safetensors"));
        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), """{"weight_map": {"model.norm.weight": "model-00002-of-00001.safetensors"}}""");
        Refused("*model-00002-of-00001.safetensors*is not there*");
    }

    [Fact]
    public void Names_a_weight_that_the_index_forgot()
    {
        File.Move(Weights, Path.Combine(folder, "part.safetensors"));
        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), """{"weight_map": {"model.norm.weight": "part.safetensors"}}""");
        Refused("*does not name 'model.*which is in part.safetensors*");
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
