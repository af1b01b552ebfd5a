using DataflowRlhf.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>Models from and to Hugging Face folders: <c>config.json</c>, safetensors, tokenizer files, <c>README.md</c>. Also models from nothing.</summary>
public static class ModelFolder
{
    private const double InitStd = 0.02;
    private static readonly string[] TokenizerFiles = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt", "tokenizer.model", "chat_template.jinja"];

    /// <summary>A language model with random weights: normal with std 0.02, norms one, biases zero. Equal seeds give equal weights.</summary>
    public static CausalLm CreateCausalLm(DecoderConfig config, long seed, Device device, ScalarType? dtype = null)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return new(new Decoder(config, (name, shape) => Random(name, shape, generator, device, dtype)),
            config.TieEmbeddings ? null : Random("lm_head.weight", [config.VocabSize, config.HiddenSize], generator, device, dtype));
    }

    /// <summary>A reward model with random weights.</summary>
    public static RewardModel CreateReward(DecoderConfig config, long seed, Device device)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return new(new Decoder(config, (name, shape) => Random(name, shape, generator, device)), Random("score.weight", [1, config.HiddenSize], generator, device));
    }

    private static Tensor Random(string name, long[] shape, Generator generator, Device device, ScalarType? dtype = null)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var drawn = name.EndsWith(".bias", StringComparison.Ordinal) ? zeros(shape)
            : shape.Length == 1 ? ones(shape)
            : randn(shape, generator: generator).mul_(InitStd);
        return drawn.to(dtype ?? ScalarType.Float32, device).MoveToOuterDisposeScope();
    }

    /// <summary>A language model from a folder.</summary>
    /// <exception cref="ModelFolderException">A weight is missing, surplus or of a wrong shape, or the architecture is not supported.</exception>
    public static CausalLm LoadCausalLm(string folder, Device device, ScalarType? dtype = null)
    {
        var config = DecoderConfig.Read(folder);
        using var weights = Open(folder);
        var read = new Reading(folder, weights, config, device, dtype ?? ScalarType.Float32);
        var model = new CausalLm(read.Decoder(), config.TieEmbeddings ? null : read.Take("lm_head.weight", [config.VocabSize, config.HiddenSize]));
        read.Finish("score.weight", config.TieEmbeddings ? "lm_head.weight" : "");
        return model;
    }

    /// <summary>A reward model from a folder; from a language model's folder with a head of its own, drawn by <paramref name="headSeed"/>.</summary>
    public static RewardModel LoadReward(string folder, Device device, long headSeed = 0, ScalarType? dtype = null)
    {
        var config = DecoderConfig.Read(folder);
        using var weights = Open(folder);
        var read = new Reading(folder, weights, config, device, dtype ?? ScalarType.Float32);
        var decoder = read.Decoder();
        using var generator = new Generator((ulong)headSeed, CPU);
        var head = weights.Has("score.weight")
            ? read.Take("score.weight", [1, config.HiddenSize])
            : Random("score.weight", [1, config.HiddenSize], generator, device, dtype);
        read.Finish("lm_head.weight");
        return new(decoder, head);
    }

    private static ShardedCheckpoint Open(string folder)
    {
        try
        {
            return ShardedCheckpoint.Open(folder);
        }
        catch (SafetensorsException broken)
        {
            throw new ModelFolderException(broken.Message, broken);
        }
    }

    /// <summary>Writes a model as transformers reads it; tokenizer files go along.</summary>
    /// <param name="model">A <see cref="CausalLm"/> or a <see cref="RewardModel"/>.</param>
    /// <param name="tokenizerFolder">Where the tokenizer's files are; null: none are written.</param>
    /// <param name="modelCard">README.md.</param>
    public static void Save(nn.Module model, string folder, string? tokenizerFolder, string modelCard)
    {
        Directory.CreateDirectory(folder);
        var (decoder, head, kind) = model switch
        {
            CausalLm language => (language.Decoder, language.Head is null ? [] : new[] { ("lm_head.weight", (Tensor)language.Head) }, "ForCausalLM"),
            RewardModel reward => (reward.Decoder, [("score.weight", (Tensor)reward.Head)], "ForSequenceClassification"),
            _ => throw new ArgumentException($"A {model.GetType().Name} has no Hugging Face form.", nameof(model)),
        };
        var config = decoder.Config;
        var prefix = DecoderLayout.Prefix(config);
        var all = decoder.Named.Select(n => (prefix + n.Name, (Tensor)n.Value)).Concat(head);
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), all, new Dictionary<string, string> { ["format"] = "pt" });
        var dtype = decoder.Named[0].Value.dtype == ScalarType.BFloat16 ? "bfloat16" : "float32";
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJson(Family(config) + kind, dtype));
        File.WriteAllText(Path.Combine(folder, "README.md"), modelCard);
        foreach (var file in tokenizerFolder is null ? [] : TokenizerFiles)
            if (File.Exists(Path.Combine(tokenizerFolder!, file)))
                File.Copy(Path.Combine(tokenizerFolder!, file), Path.Combine(folder, file), overwrite: true);
    }

    private static string Family(DecoderConfig config) => config.ModelType switch
    {
        "gpt2" => "GPT2",
        "llama" => "Llama",
        "mistral" => "Mistral",
        "qwen2" => "Qwen2",
        _ => "Qwen3",
    };

    /// <summary>Takes weights by name and keeps account of what was missing, of another shape, or left over.</summary>
    private sealed class Reading(string folder, ShardedCheckpoint weights, DecoderConfig config, Device device, ScalarType type)
    {
        private readonly HashSet<string> taken = [];
        private readonly string prefix = weights.Names.Any(n => n.StartsWith(DecoderLayout.Prefix(config), StringComparison.Ordinal)) ? DecoderLayout.Prefix(config) : "";

        public Decoder Decoder()
        {
            var problems = DecoderLayout.Weights(config).Select(w => Problem(prefix + w.Name, w.Shape)).Where(p => p is not null).Take(6).ToList();
            if (problems.Count > 0)
                throw new ModelFolderException($"{folder} does not fit its config.json ({config.ModelType}): {string.Join("; ", problems)}.");
            return new Decoder(config, (name, shape) => Take(prefix + name, shape));
        }

        private string? Problem(string name, long[] shape) => !weights.Has(name) ? $"'{name}' is missing"
            : weights.Shape(name).AsSpan().SequenceEqual(shape) ? null : $"'{name}' is [{string.Join(", ", weights.Shape(name))}], and [{string.Join(", ", shape)}] is needed";

        public Tensor Take(string name, long[] shape)
        {
            if (Problem(name, shape) is { } problem)
                throw new ModelFolderException($"{folder} does not fit its config.json ({config.ModelType}): {problem}.");
            taken.Add(name);
            using var stored = weights.ReadTensor(name);
            return stored.to(type, device, copy: true);
        }

        /// <summary>What is left over is an error, but for the named weights and GPT-2's constant masks.</summary>
        public void Finish(params string[] ignored)
        {
            var surplus = weights.Names.Where(n => !taken.Contains(n) && !ignored.Contains(n) && !(config.IsGpt2 && (n.EndsWith(".attn.bias", StringComparison.Ordinal) || n.EndsWith(".attn.masked_bias", StringComparison.Ordinal)))
                && !n.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal)).Take(6).ToList();
            if (surplus.Count > 0)
                throw new ModelFolderException($"{folder} has weights that {config.ModelType} does not: {string.Join(", ", surplus)}.");
        }
    }
}
