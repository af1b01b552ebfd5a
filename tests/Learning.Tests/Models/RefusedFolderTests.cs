using System.Text.Json.Nodes;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Tests.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Models;

/// <summary>Every way in which a folder cannot be used has one clear message.</summary>
public sealed class RefusedFolderTests : TinyFolder
{
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
        Refused("*config.json cannot be read: it has 16,777,217 bytes; at most 16,777,216*");
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
}
