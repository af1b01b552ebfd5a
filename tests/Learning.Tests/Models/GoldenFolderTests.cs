using System.Text.Json.Nodes;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Tests.Models;

/// <summary>Published folders, read and written again: every folder below models/, with either layout of its config.</summary>
[Parity("models")]
public sealed class GoldenFolderTests : IDisposable
{
    private readonly string saved = Directory.CreateTempSubdirectory("saved-").FullName;

    public void Dispose() => Directory.Delete(saved, recursive: true);

    [Theory]
    [MemberData(nameof(GoldenFolder.All), MemberType = typeof(GoldenFolder))]
    public void A_language_model_saved_is_the_loaded_one_bit_for_bit(string name, string config)
    {
        using var folder = new GoldenFolder(name, config);
        using var model = ModelFolder.LoadCausalLm(folder.Path, CPU, Stored(folder.Path));
        ModelFolder.Save(model, saved, null, "# saved\n");
        SameWeights(folder.Path);
        using var again = ModelFolder.LoadCausalLm(saved, CPU);
        again.Decoder.Config.Should().Be(model.Decoder.Config);
        var written = JsonNode.Parse(File.ReadAllText(Path.Combine(saved, "config.json")))!;
        var original = JsonNode.Parse(File.ReadAllText(Path.Combine(folder.Path, "config.json")))!;
        written["architectures"]!.ToJsonString().Should().Be(original["architectures"]!.ToJsonString());
        written["torch_dtype"]!.GetValue<string>().Should().Be((original["dtype"] ?? original["torch_dtype"])?.GetValue<string>() ?? "float32");
        var generation = JsonNode.Parse(File.ReadAllText(Path.Combine(saved, "generation_config.json")))!;
        foreach (var id in new[] { "bos_token_id", "eos_token_id", "pad_token_id" })
            (generation[id]?.ToJsonString()).Should().Be(original[id]?.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(GoldenFolder.Classifiers), MemberType = typeof(GoldenFolder))]
    public void A_sequence_classifier_saved_is_the_loaded_one_bit_for_bit(string name, string config)
    {
        using var folder = new GoldenFolder(name, config, "seqcls");
        using var model = ModelFolder.LoadReward(folder.Path, CPU, dtype: Stored(folder.Path));
        ModelFolder.Save(model, saved, null, "# saved\n");
        SameWeights(folder.Path);
        var written = JsonNode.Parse(File.ReadAllText(Path.Combine(saved, "config.json")))!;
        written["architectures"]!.ToJsonString().Should().Be(JsonNode.Parse(File.ReadAllText(Path.Combine(folder.Path, "config.json")))!["architectures"]!.ToJsonString());
        DecoderConfig.Read(saved).Should().Be(model.Decoder.Config);
    }

    private static ScalarType Stored(string folder)
    {
        using var weights = SafetensorsReader.Open(Directory.GetFiles(folder, "model*.safetensors").First());
        return weights.Type(weights.Names.First());
    }

    /// <summary>The same names (with the model's prefix, without constants), shapes, types and bytes, and the metadata that transformers asks for.</summary>
    private void SameWeights(string folder)
    {
        using var ours = SafetensorsReader.Open(Path.Combine(saved, "model.safetensors"));
        ours.Metadata.Should().Contain("format", "pt");
        var prefixed = ours.Names.Where(n => GoldenFolder.Bare(n) != n).ToDictionary(GoldenFolder.Bare);
        var seen = new HashSet<string>();
        foreach (var file in Directory.GetFiles(folder, "model*.safetensors"))
        {
            using var theirs = SafetensorsReader.Open(file);
            foreach (var name in theirs.Names)
            {
                if (theirs.Shape(name).Length == 4)
                    continue; // GPT-2's masks are no weights
                var key = ours.Has(name) ? name : prefixed[name];
                seen.Add(key);
                ours.Stored(key).Should().Be(theirs.Stored(name), name);
                ours.Shape(key).Should().Equal(theirs.Shape(name), name);
                ours.ReadBytes(key).AsSpan().SequenceEqual(theirs.ReadBytes(name)).Should().BeTrue(name);
            }
        }
        ours.Names.Should().BeEquivalentTo(seen);
    }

    [Theory]
    [MemberData(nameof(GoldenFolder.All), MemberType = typeof(GoldenFolder))]
    public void Either_layout_of_a_config_says_the_same(string name, string config)
    {
        using var folder = new GoldenFolder(name, config);
        DecoderConfig.Read(folder.Path).Should().Be(DecoderConfig.Read(Fixtures.Path("models", name)));
    }

    [Theory]
    [MemberData(nameof(GoldenFolder.All), MemberType = typeof(GoldenFolder))]
    public void Names_without_the_models_prefix_and_weights_cut_into_shards_are_read_as_well(string name, string config)
    {
        using var folder = new GoldenFolder(name, config);
        using var scope = NewDisposeScope();
        using var model = ModelFolder.LoadCausalLm(folder.Path, CPU);
        var head = model.named_parameters().Where(p => p.name == "lm_head").Select(p => p.parameter).SingleOrDefault();
        List<(string, Tensor)> bare = [.. model.Decoder.Named.Select(n => (n.Name, (Tensor)n.Value))];
        if (head is not null)
            bare.Add((model.Decoder.Config.ModelType == "gpt_neox" ? "embed_out.weight" : "lm_head.weight", head));
        ShardedCheckpoint.Write(saved, bare, new Dictionary<string, string> { ["format"] = "pt" }, most: 50_000);
        Directory.GetFiles(saved, "model-*.safetensors").Length.Should().BeGreaterThan(2);
        File.Copy(Path.Combine(folder.Path, "config.json"), Path.Combine(saved, "config.json"));
        using var again = ModelFolder.LoadCausalLm(saved, CPU);
        foreach (var (before, after) in model.parameters().Zip(again.parameters()))
            after.Equals(before).Should().BeTrue();
    }
}
