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
