using DataflowRlhf.Learning.Models.Lora;
using DataflowRlhf.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Models;

/// <summary>Models from and to Hugging Face folders: <c>config.json</c>, safetensors, tokenizer files, <c>README.md</c>. Also models from nothing.</summary>
public static class ModelFolder
{
    private const double InitStd = 0.02;
    private const string ScoreHead = "score.weight";
    private static readonly string[] TokenizerFiles = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt", "tokenizer.model", "chat_template.jinja"];

    /// <summary>A language model with random weights: normal with std 0.02, norms one, biases zero. Equal seeds give equal weights.</summary>
    public static CausalLm CreateCausalLm(DecoderConfig config, long seed, Device device, ScalarType? dtype = null)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return new(new Decoder(config, (name, shape) => Random(config, name, shape, generator, device, dtype)),
            config.TieEmbeddings ? null : Random(config, config.Family.Names.Head, [config.VocabSize, config.HiddenSize], generator, device, dtype));
    }

    /// <summary>A reward model with random weights.</summary>
    public static RewardModel CreateReward(DecoderConfig config, long seed, Device device, ScalarType? dtype = null)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return new(new Decoder(config, (name, shape) => Random(config, name, shape, generator, device, dtype)), Random(config, ScoreHead, [1, config.HiddenSize], generator, device, dtype));
    }

    private static Tensor Random(DecoderConfig config, string name, long[] shape, Generator generator, Device device, ScalarType? dtype = null)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var drawn = shape.Length > 1 ? randn(shape, generator: generator).mul_(InitStd)
            : name.EndsWith(".bias", StringComparison.Ordinal) || config.Family.NormAddsOne ? zeros(shape)
            : ones(shape);
        return drawn.to(dtype ?? ScalarType.Float32, device).MoveToOuterDisposeScope();
    }

    /// <summary>A language model from a folder; an adapter's folder gives the model it belongs to with the adapter merged.</summary>
    /// <exception cref="ModelFolderException">A weight is missing, surplus or of a wrong shape, or the architecture is not supported.</exception>
    public static CausalLm LoadCausalLm(string folder, Device device, ScalarType? dtype = null)
    {
        if (LoraFolder.IsOne(folder))
            return Adapted(LoadCausalLm(LoraFolder.StartOf(folder), device, dtype), folder, m => m.Absorb());
        var config = DecoderConfig.Read(folder);
        using var read = new WeightReading(folder, config, device, dtype ?? ScalarType.Float32);
        var head = config.Family.Names.Head;
        var model = new CausalLm(read.Decoder(), config.TieEmbeddings ? null : read.Take(head, [config.VocabSize, config.HiddenSize]));
        read.Finish(ScoreHead, config.TieEmbeddings ? head : "");
        return model;
    }

    /// <summary>A reward model from a folder; from a language model's folder with a head of its own, drawn by <paramref name="headSeed"/>.</summary>
    /// <exception cref="ModelFolderException">A weight is missing, surplus or of a wrong shape, or the architecture is not supported.</exception>
    public static RewardModel LoadReward(string folder, Device device, long headSeed = 0, ScalarType? dtype = null)
    {
        if (LoraFolder.IsOne(folder))
            return Adapted(LoadReward(LoraFolder.StartOf(folder), device, headSeed, dtype), folder, m => m.Decoder.Absorb());
        var config = DecoderConfig.Read(folder);
        using var read = new WeightReading(folder, config, device, dtype ?? ScalarType.Float32);
        var decoder = read.Decoder();
        using var generator = new Generator((ulong)headSeed, CPU);
        var head = read.Has(ScoreHead)
            ? read.Take(ScoreHead, [1, config.HiddenSize])
            : Random(config, ScoreHead, [1, config.HiddenSize], generator, device, dtype);
        read.Finish(config.Family.Names.Head);
        return new(decoder, head);
    }

    private static T Adapted<T>(T model, string folder, Action<T> absorb)
        where T : nn.Module
    {
        try
        {
            LoraFolder.Load(model, folder);
            absorb(model);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Writes a model as transformers reads it; tokenizer files go along.</summary>
    /// <param name="model">A <see cref="CausalLm"/> or a <see cref="RewardModel"/>.</param>
    /// <param name="tokenizerFolder">Where the tokenizer's files are; null: none are written.</param>
    /// <param name="modelCard">README.md.</param>
    public static void Save(nn.Module model, string folder, string? tokenizerFolder, string modelCard)
    {
        Directory.CreateDirectory(folder);
        var decoder = model switch
        {
            CausalLm language => language.Decoder,
            RewardModel reward => reward.Decoder,
            _ => throw new ArgumentException($"A {model.GetType().Name} has no Hugging Face form.", nameof(model)),
        };
        var config = decoder.Config;
        var (names, classes) = (config.Family.Names, config.Family.Classes);
        List<(string, Tensor)> weights = [.. decoder.Named.Select(n => (names.Prefix + n.Name, (Tensor)n.Value))];
        if (model is CausalLm { Head: { } head })
            weights.Add((names.Head, head));
        if (model is RewardModel { Head: var score })
            weights.Add((ScoreHead, score));
        ShardedCheckpoint.Write(folder, weights, new Dictionary<string, string> { ["format"] = "pt" });
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJson(model is CausalLm ? classes.Language : classes.Classifier, Named(decoder.Embeddings.dtype)));
        if (model is CausalLm)
            File.WriteAllText(Path.Combine(folder, "generation_config.json"), config.ToGenerationJson());
        File.WriteAllText(Path.Combine(folder, "README.md"), modelCard);
        foreach (var file in tokenizerFolder is null ? [] : TokenizerFiles)
            if (PlainFile.Problem(Path.Combine(tokenizerFolder!, file)) is null)
                File.Copy(Path.Combine(tokenizerFolder!, file), Path.Combine(folder, file), overwrite: true);
    }

    /// <summary>Torch's name of a type of weights.</summary>
    private static string Named(ScalarType type) => type switch
    {
        ScalarType.Float64 => "float64",
        ScalarType.Float16 => "float16",
        ScalarType.BFloat16 => "bfloat16",
        _ => "float32",
    };
}
