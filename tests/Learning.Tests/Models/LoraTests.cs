using System.Text.Json.Nodes;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Models.Lora;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Tests.Training;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Models;

public class LoraTests
{
    private static readonly LoraSettings Settings = new() { Rank = 3, Alpha = 6 };
    private static readonly int[][] Texts = [[2, 9, 14, 7], [11, 3], [5, 6, 7, 8, 9, 10]];

    private static float[] Logits(CausalLm model)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var batch = PackedBatch.FromSequences(Texts, CPU);
        return Tiny.Values(model.Logits(model.Hidden(batch)));
    }

    /// <summary>Adapters that do something: B is drawn, too.</summary>
    private static LoraAdapters Stir(CausalLm model, LoraSettings settings)
    {
        var adapters = model.Adapt(settings, seed: 4);
        using var off = no_grad();
        using var generator = new Generator(8, CPU);
        foreach (var (_, b) in model.named_parameters().Where(p => p.name.EndsWith("_lora_B", StringComparison.Ordinal)))
            b.copy_(randn(b.shape, generator: generator) * 0.3);
        return adapters;
    }

    [Fact]
    public void At_first_the_model_is_what_it_was_and_only_the_adapters_are_trained()
    {
        using var model = Tiny.Language();
        var before = Logits(model);
        var weights = model.Decoder.Named.Select(n => Tiny.Values(n.Value)).ToList();
        model.Adapt(Settings, seed: 4).Settings.Targets.Should().Equal("q_proj", "v_proj");
        Logits(model).Should().Equal(before);
        var rows = Tiny.Pairs(64).Select(p => new SftExample(p.Prompt, [Tiny.Good, Tiny.Eos])).ToList();
        var trainer = new SftTrainer(model, rows, everything: false, CPU);
        trainer.Parameters.Should().HaveCount(2 * 2 * Tiny.Config.Layers).And.OnlyContain(p => p.Name.Contains("_lora_"));
        var curves = new TrainingLoop(trainer, Tiny.Settings(rate: 0.02) with { Epochs = 6 }).Run();
        curves["loss"][^1].Value.Should().BeLessThan(curves["loss"][0].Value * 0.9);
        model.Decoder.Named.Select(n => Tiny.Values(n.Value)).Zip(weights).Should().OnlyContain(p => p.First.SequenceEqual(p.Second), "what is frozen stays");
        using (model.Decoder.Adapters!.Off())
            Logits(model).Should().Equal(before, "the reference is the policy without its adapters");
        Logits(model).Should().NotEqual(before);
    }

    [Theory]
    [InlineData("llama", "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj")]
    [InlineData("gpt2", "c_attn,c_proj,c_fc")]
    [InlineData("gpt_neox", "")]
    public void Merged_they_compute_the_same_and_can_be_taken_out_again(string type, string targets)
    {
        using var model = Tiny.Language(type: type);
        var before = Logits(model);
        var adapters = Stir(model, Settings with { Targets = targets.Split(',', StringSplitOptions.RemoveEmptyEntries) });
        var beside = Logits(model);
        Tiny.Distance(beside, before).Should().BeGreaterThan(0.01);
        adapters.Merge();
        Tiny.Distance(Logits(model), beside).Should().BeLessThan(1e-5);
        adapters.Invoking(a => a.Merge()).Should().Throw<InvalidOperationException>();
        adapters.Unmerge();
        Tiny.Distance(Logits(model), beside).Should().BeLessThan(1e-5);
        using (adapters.Off())
            Tiny.Distance(Logits(model), before).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void An_adapters_folder_is_one_of_PEFT_and_gives_the_model_back()
    {
        var root = Directory.CreateTempSubdirectory("lora-").FullName;
        using var model = Tiny.Language();
        ModelFolder.Save(model, Path.Combine(root, "base"), null, "");
        Stir(model, Settings);
        LoraFolder.Save(model, Path.Combine(root, "adapter"), "../base");
        using (var file = SafetensorsReader.Open(Path.Combine(root, "adapter", "adapter_model.safetensors")))
        {
            file.Names.Should().HaveCount(8).And.Contain("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight").And.Contain("base_model.model.model.layers.1.self_attn.v_proj.lora_B.weight");
            file.Shape("base_model.model.model.layers.0.self_attn.v_proj.lora_A.weight").Should().Equal(3, 32);
            file.Shape("base_model.model.model.layers.0.self_attn.v_proj.lora_B.weight").Should().Equal(16, 3);
        }
        using var read = ModelFolder.LoadCausalLm(Path.Combine(root, "adapter"), CPU);
        Tiny.Distance(Logits(read), Logits(model)).Should().BeLessThan(1e-5);
        Trained(read).Should().Be(Trained(model, frozenToo: true) - (3 * ((2 * 32) + 32 + 16) * 2), "a merged model is a plain one again");
    }

    private static long Trained(nn.Module model, bool frozenToo = false) => model.parameters().Where(p => frozenToo || p.requires_grad).Sum(p => p.numel());

    [Fact]
    public void A_reward_models_head_is_trained_and_kept_beside_them()
    {
        var root = Directory.CreateTempSubdirectory("lora-").FullName;
        using var model = Tiny.Reward();
        ModelFolder.Save(model, Path.Combine(root, "base"), null, "");
        model.Decoder.Adapt(Settings, seed: 4);
        new TrainingLoop(Tiny.Trainer(model, Tiny.Pairs(200)), Tiny.Settings(rate: 0.02) with { Epochs = 4 }).Run();
        LoraFolder.Save(model, Path.Combine(root, "adapter"), Path.Combine(root, "base"));
        using var read = ModelFolder.LoadReward(Path.Combine(root, "adapter"), CPU);
        var (ours, theirs) = (RewardScorer.Score(model, Tiny.Pairs(20, seed: 70), 1000, CPU), RewardScorer.Score(read, Tiny.Pairs(20, seed: 70), 1000, CPU));
        theirs.Zip(ours).Should().OnlyContain(p => Math.Abs(p.First.Chosen - p.Second.Chosen) < 1e-4);
        ours.Count(s => s.Chosen > s.Rejected).Should().BeGreaterThan(14);
    }

    [Theory]
    [InlineData("r", "0", "*r is 0; a number from 1 to 65536*")]
    [InlineData("peft_type", "\"IA3\"", "*'IA3' is not supported; LORA is*")]
    [InlineData("use_dora", "true", "*use_dora: true is not supported*")]
    [InlineData("target_modules", "\"all-linear\"", "*a list of names is needed*")]
    [InlineData("target_modules", "[\"q_prj\"]", "*'q_prj' is no weight of a llama layer; q_proj, k_proj*")]
    [InlineData("target_modules", "[\"q_proj\"]", "*belongs to no weight*")]
    [InlineData("target_modules", "[\"q_proj\",\"v_proj\",\"k_proj\"]", "*k_proj.lora_A.weight' is missing*")]
    [InlineData("r", "4", "*is [3, 32], and [4, 32] is needed*")]
    [InlineData("base_model_name_or_path", "\"nowhere\"", "*'nowhere', and there is no such folder*")]
    [InlineData("base_model_name_or_path", "null", "*names no base_model_name_or_path*")]
    [InlineData("base_model_name_or_path", "\".\"", "*an adapter as well*")]
    public void A_folder_that_cannot_be_used_is_told_in_one_message(string field, string value, string message)
    {
        var root = Directory.CreateTempSubdirectory("lora-").FullName;
        using var model = Tiny.Language();
        ModelFolder.Save(model, Path.Combine(root, "base"), null, "");
        model.Adapt(Settings, seed: 4);
        LoraFolder.Save(model, Path.Combine(root, "adapter"), "../base");
        var path = Path.Combine(root, "adapter", "adapter_config.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        json[field] = JsonNode.Parse(value);
        File.WriteAllText(path, json.ToJsonString());
        FluentActions.Invoking(() => ModelFolder.LoadCausalLm(Path.Combine(root, "adapter"), CPU)).Should().Throw<ModelFolderException>().WithMessage(message);
    }
}
