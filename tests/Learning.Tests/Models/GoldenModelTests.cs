using System.Text.Json;
using DataflowRlhf.Learning.Generation;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Models;

/// <summary>Tiny checkpoints and what transformers computed from them.</summary>
[Parity("models")]
public sealed class GoldenModelTests
{
    private static readonly string[] Supported = ["gpt2", "llama-gqa", "llama-bf16", "llama-sharded", "llama3-rope", "mistral", "qwen2", "qwen3"];

    public static TheoryData<string> Models() => [.. Directory.GetDirectories(Fixtures.Path("models")).Select(d => Path.GetFileName(d)!).Where(Supported.Contains)];

    private static List<int[]> Sequences(string name) => [.. Fixtures.Json("models", name, "inputs.json").GetProperty("sequences").EnumerateArray().Select(Fixtures.Ids)];

    [Theory]
    [MemberData(nameof(Models))]
    public void Logits_and_hidden_states_are_those_of_transformers(string name)
    {
        using var off = no_grad();
        using var model = ModelFolder.LoadCausalLm(Fixtures.Path("models", name), CPU);
        model.eval();
        var sequences = Sequences(name);
        using var golden = SafetensorsReader.Open(Fixtures.Path("models", name, "expected.safetensors"));
        using var scope = NewDisposeScope();
        using var batch = PackedBatch.FromSequences(sequences, CPU);
        var hidden = model.Hidden(batch);
        Close(hidden, Real(golden.ReadTensor("right.last_hidden_state"), sequences));
        Close(model.Logits(hidden), Real(golden.ReadTensor("right.logits"), sequences));
    }

    /// <summary>The real tokens' rows of a right-padded (batch, tokens, …).</summary>
    private static Tensor Real(Tensor padded, List<int[]> sequences) =>
        cat([.. sequences.Select((s, i) => padded.select(0, i).narrow(0, 0, s.Length))], 0);

    private static void Close(Tensor ours, Tensor theirs)
    {
        ours.shape.Should().Equal(theirs.shape);
        (ours - theirs).abs().max().ToDouble().Should().BeLessThan(1e-4 * Math.Max(1, theirs.abs().max().ToDouble()));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Greedy_continuations_are_those_of_transformers(string name)
    {
        using var model = ModelFolder.LoadCausalLm(Fixtures.Path("models", name), CPU);
        var golden = Fixtures.Json("models", name, "generation.json");
        var prompts = golden.GetProperty("prompts").EnumerateArray().Select(Fixtures.Ids).ToList();
        var samples = Sampler.Sample(model, prompts, 1, new() { Temperature = 0, MaxNewTokens = golden.GetProperty("max_new_tokens").GetInt32() }, 1, CPU);
        foreach (var (sample, expected) in samples.Zip(golden.GetProperty("new_tokens").EnumerateArray()))
            sample.Ids.Should().Equal(Fixtures.Ids(expected));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Sequence_scores_are_those_of_transformers(string name)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var model = ModelFolder.LoadReward(Fixtures.Path("models", name, "seqcls"), CPU);
        model.eval();
        using var batch = PackedBatch.FromSequences(Sequences(name), CPU);
        var expected = Fixtures.Json("models", name, "seqcls", "expected.json").GetProperty("scores_single").EnumerateArray().Select(v => v.GetSingle()).ToArray();
        Close(model.Rewards(batch), tensor(expected));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_saved_model_is_the_loaded_one_bit_for_bit(string name)
    {
        var folder = Directory.CreateTempSubdirectory("saved-").FullName;
        using var model = ModelFolder.LoadCausalLm(Fixtures.Path("models", name), CPU);
        ModelFolder.Save(model, folder, null, "# saved\n");
        using var again = ModelFolder.LoadCausalLm(folder, CPU);
        foreach (var (before, after) in model.Decoder.Named.Zip(again.Decoder.Named))
            before.Value.Equals(after.Value).Should().BeTrue(before.Name);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void An_unknown_architecture_and_a_weight_that_does_not_fit_are_named()
    {
        var folder = Directory.CreateTempSubdirectory("broken-").FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), """{"model_type": "mamba"}""");
        var unknown = () => ModelFolder.LoadCausalLm(folder, CPU);
        unknown.Should().Throw<ModelFolderException>().WithMessage("*mamba*llama*");
        var config = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(File.ReadAllText(Fixtures.Path("models", "llama-gqa", "config.json")))!;
        config["vocab_size"] = JsonSerializer.SerializeToElement(7);
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(config));
        File.Copy(Fixtures.Path("models", "llama-gqa", "model.safetensors"), Path.Combine(folder, "model.safetensors"));
        var unfit = () => ModelFolder.LoadCausalLm(folder, CPU);
        unfit.Should().Throw<ModelFolderException>().WithMessage("*embed_tokens*needed*");
        Directory.Delete(folder, recursive: true);
    }
}
