using System.Text.Json;
using System.Text.Json.Nodes;
using DataflowRlhf.Learning.Weights;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models.Lora;

/// <summary>Adapters as PEFT has them: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>. A reward model's head goes along.</summary>
public static class LoraFolder
{
    private const string ConfigName = "adapter_config.json", WeightsName = "adapter_model.safetensors", Before = "base_model.model.", Score = "score.weight";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The folder has an adapter and no model of its own.</summary>
    public static bool IsOne(string folder) => File.Exists(Path.Combine(folder, ConfigName)) && !File.Exists(Path.Combine(folder, "config.json"));

    /// <summary>Writes a model's adapters.</summary>
    /// <param name="model">A <see cref="CausalLm"/> or a <see cref="RewardModel"/> with adapters.</param>
    /// <param name="start">The name or folder of the model they belong to, for the reader; null: not said.</param>
    public static void Save(nn.Module model, string folder, string? start)
    {
        var decoder = DecoderOf(model);
        var adapters = decoder.Adapters ?? throw new ArgumentException("The model has no adapters.", nameof(model));
        Directory.CreateDirectory(folder);
        var prefix = Before + decoder.Config.Family.Names.Prefix;
        List<(string, Tensor)> weights = [.. adapters.All.SelectMany(a => new[] { ($"{prefix}{a.Name}.lora_A.weight", (Tensor)a.A), ($"{prefix}{a.Name}.lora_B.weight", a.B) })];
        if (model is RewardModel { Head: var head })
            weights.Add((Before + Score, head));
        SafetensorsWriter.Write(Path.Combine(folder, WeightsName), weights, new Dictionary<string, string> { ["format"] = "pt" });
        var settings = adapters.Settings;
        File.WriteAllText(Path.Combine(folder, ConfigName), new JsonObject
        {
            ["peft_type"] = "LORA",
            ["task_type"] = model is RewardModel ? "SEQ_CLS" : "CAUSAL_LM",
            ["base_model_name_or_path"] = start,
            ["r"] = settings.Rank,
            ["lora_alpha"] = settings.Alpha,
            ["lora_dropout"] = 0.0,
            ["target_modules"] = new JsonArray([.. settings.Targets.Select(t => (JsonNode?)t)]),
            ["modules_to_save"] = model is RewardModel ? new JsonArray("score") : null,
            ["bias"] = "none",
            ["fan_in_fan_out"] = decoder.Config.Family.Transposed,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["use_rslora"] = false,
            ["use_dora"] = false,
        }.ToJsonString(Indented) + "\n");
    }

    /// <summary>Sets a folder's adapters beside a model's weights.</summary>
    /// <exception cref="ModelFolderException">The folder is broken, asks for what is not supported, or does not fit the model.</exception>
    public static void Load(nn.Module model, string folder)
    {
        var config = new AdapterConfig(Path.Combine(folder, ConfigName));
        var decoder = DecoderOf(model);
        var adapters = model is CausalLm language ? language.Adapt(config.Settings, seed: 0) : decoder.Adapt(config.Settings, seed: 0);
        var file = Path.Combine(folder, WeightsName);
        try
        {
            using var reader = SafetensorsReader.Open(file);
            var prefix = Before + decoder.Config.Family.Names.Prefix;
            var wanted = adapters.All.SelectMany(a => new[] { ($"{prefix}{a.Name}.lora_A.weight", a.A), ($"{prefix}{a.Name}.lora_B.weight", a.B) }).ToDictionary(w => w.Item1, w => w.Item2);
            if (model is RewardModel { Head: var head })
                wanted[Before + Score] = head;
            if (reader.Names.FirstOrDefault(n => !wanted.ContainsKey(n)) is { } surplus)
                throw new ModelFolderException($"{file}: '{surplus}' belongs to no weight of this {decoder.Config.ModelType} model that the adapter names ({string.Join(", ", config.Settings.Targets)}).");
            foreach (var (name, to) in wanted)
                Take(reader, file, name, to);
        }
        catch (SafetensorsException broken)
        {
            throw new ModelFolderException(broken.Message, broken);
        }
    }

    /// <summary>The folder of the model that an adapter's folder belongs to: as its config says, from there or from here.</summary>
    /// <exception cref="ModelFolderException">It names none, or one that is not there.</exception>
    public static string StartOf(string folder)
    {
        var path = Path.Combine(folder, ConfigName);
        var named = new AdapterConfig(path).Start
            ?? throw new ModelFolderException($"{path} names no base_model_name_or_path, so the model it belongs to is not known. Write its folder there, or merge the adapter into it first.");
        var start = new[] { Path.GetFullPath(named, Path.GetFullPath(folder)), Path.GetFullPath(named) }.FirstOrDefault(Directory.Exists)
            ?? throw new ModelFolderException($"{path}: base_model_name_or_path is '{named}', and there is no such folder here. Nothing is downloaded: write the path of a folder.");
        return IsOne(start) ? throw new ModelFolderException($"{path}: base_model_name_or_path is '{named}', which is an adapter as well; merge that one into its model first.") : start;
    }

    private static void Take(SafetensorsReader reader, string file, string name, Parameter to)
    {
        if (!reader.Names.Contains(name))
            throw new ModelFolderException($"{file}: '{name}' is missing.");
        if (!reader.Shape(name).AsSpan().SequenceEqual(to.shape))
            throw new ModelFolderException($"{file}: '{name}' is [{string.Join(", ", reader.Shape(name))}], and [{string.Join(", ", to.shape)}] is needed.");
        using var off = no_grad();
        using var read = reader.ReadTensor(name);
        to.copy_(read);
    }

    private static Decoder DecoderOf(nn.Module model) => model switch
    {
        CausalLm language => language.Decoder,
        RewardModel reward => reward.Decoder,
        _ => throw new ArgumentException($"A {model.GetType().Name} takes no adapters.", nameof(model)),
    };
}
