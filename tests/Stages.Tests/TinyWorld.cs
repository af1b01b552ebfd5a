using System.Text.Json;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Models;
using TorchSharp;

namespace DataflowRlhf.Stages.Tests;

/// <summary>Tokenized pairs under a plain rule, and models small enough for a test, in a folder that goes with it.</summary>
public sealed class TinyWorld : IDisposable
{
    public const int Eos = 1;
    public const int Good = 'g';

    private readonly string root = Directory.CreateTempSubdirectory("tiny-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    public string Folder(string name) => Path.Combine(root, name);

    /// <summary>A byte tokenizer as Hugging Face writes one: id 0 pad, 1 eos, 2 … 257 the bytes in GPT-2's order.</summary>
    public string Tokenizer()
    {
        var folder = Directory.CreateDirectory(Folder("tokenizer")).FullName;
        var vocabulary = new Dictionary<string, int> { ["<|pad|>"] = 0, ["<|eos|>"] = 1 };
        for (int b = 0, extra = 0; b < 256; b++)
        {
            var shown = b is >= 33 and <= 126 or >= 161 and <= 172 or >= 174;
            vocabulary[((char)(shown ? b : 256 + extra++)).ToString()] = 2 + b;
        }
        object Special(int id, string text) => new { id, content = text, single_word = false, lstrip = false, rstrip = false, normalized = false, special = true };
        object byteLevel = new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true, use_regex = true };
        Write(folder, "tokenizer.json", new
        {
            version = "1.0",
            added_tokens = new[] { Special(0, "<|pad|>"), Special(1, "<|eos|>") },
            pre_tokenizer = byteLevel,
            decoder = byteLevel,
            model = new { type = "BPE", vocab = vocabulary, merges = Array.Empty<string>() },
        });
        Write(folder, "tokenizer_config.json", new { tokenizer_class = "PreTrainedTokenizerFast", eos_token = "<|eos|>", pad_token = "<|pad|>", model_max_length = 64 });
        return folder;
    }

    /// <summary>An untrained language model with the tokenizer beside it.</summary>
    public string LanguageModel(long seed = 3)
    {
        var folder = Folder($"language-{seed}");
        using var model = ModelFolder.CreateCausalLm(Config, seed, torch.CPU);
        ModelFolder.Save(model, folder, Tokenizer(), "# tiny\n");
        return folder;
    }

    /// <summary>An untrained reward model.</summary>
    public string RewardModel(long seed = 3)
    {
        var folder = Folder($"reward-{seed}");
        using var model = ModelFolder.CreateReward(Config, seed, torch.CPU);
        ModelFolder.Save(model, folder, Tokenizer(), "# tiny\n");
        return folder;
    }

    public static DecoderConfig Config { get; } = new()
    {
        ModelType = "llama",
        VocabSize = 258,
        HiddenSize = 32,
        Layers = 2,
        Heads = 4,
        KvHeads = 2,
        HeadDim = 8,
        FfnSize = 64,
        MaxPositions = 48,
        RopeTheta = 10000,
        NormEps = 1e-5,
        TieEmbeddings = true,
        EosTokenId = Eos,
        PadTokenId = 0,
    };

    /// <summary>Rows of a split; the chosen response has the good letter unless the label lies (every <paramref name="liesEvery"/>-th does; 0: none).</summary>
    public static Batch Pairs(int rows, string split = "train", ulong seed = 5, int liesEvery = 0)
    {
        var random = new SeededRandom(seed);
        int[] Word(int from, int to) => Enumerable.Range(0, random.Next(from, to)).Select(_ => random.Next('p', 'z')).ToArray();
        var prompts = new int[rows][];
        var chosen = new int[rows][];
        var rejected = new int[rows][];
        var lies = new bool[rows];
        for (var row = 0; row < rows; row++)
        {
            prompts[row] = Word(2, 7);
            var better = Word(2, 6);
            better[random.Next(better.Length)] = Good;
            (chosen[row], rejected[row]) = ([.. better, Eos], [.. Word(2, 6), Eos]);
            lies[row] = liesEvery > 0 && row % liesEvery == 0;
            if (lies[row])
                (chosen[row], rejected[row]) = (rejected[row], chosen[row]);
        }
        return Batch.Of(0, rows)
            .With(Columns.RowId, Enumerable.Range(0, rows).Select(i => $"{split}-{i}").ToArray())
            .With(Columns.Split, Enumerable.Repeat(split, rows).ToArray())
            .With(Columns.PromptIds, prompts).With(Columns.ChosenIds, chosen).With(Columns.RejectedIds, rejected)
            .With(Columns.TruthFlipped, lies);
    }

    /// <summary>A reward model that has learnt the rule.</summary>
    public async Task<string> TrainedRewardModel()
    {
        using var run = new TestStageRun().With("pairs", Pairs(400));
        await new Stages.Training.TrainReward(new() { Init = LanguageModel(), Epochs = 3, BatchSize = 16, LearningRate = 3e-3 }).RunAsync(run);
        var folder = Folder("trained");
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(run.OutputFolder))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        return folder;
    }

    private static void Write(string folder, string name, object content) => File.WriteAllText(Path.Combine(folder, name), JsonSerializer.Serialize(content));
}
