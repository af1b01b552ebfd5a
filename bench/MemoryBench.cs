using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using DataflowRlhf.Learning.Generation;
using DataflowRlhf.Learning.Memory;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Models.Lora;
using DataflowRlhf.Learning.Packing;
using DataflowRlhf.Learning.Ppo;
using DataflowRlhf.Learning.Training;
using TorchSharp;

namespace DataflowRlhf.Bench;

/// <summary>
/// The peak of a training step, predicted and measured. Each case runs in a process of its own: a tiny step first, so that code and libraries are in memory,
/// then the highest resident memory of three steps over the resident memory before the model was made.
/// </summary>
internal static class MemoryBench
{
    /// <summary>One case. <paramref name="Kind"/>: sft, reward, contrast (two views), lm (a language-model term), meta or ppo.</summary>
    internal sealed record Case(string Kind, string Family, int Hidden, int Layers, int Vocabulary, int Tokens, int Length, bool Bfloat16, bool Recompute, int Lora, bool Tied)
    {
        public string Name => $"{Kind} {Family} hidden {Hidden}, {Layers} layers, vocabulary {Vocabulary}, {Tokens} tokens a pass, groups of {Length}"
            + (Tied ? ", tied" : "") + (Bfloat16 ? ", bfloat16" : "") + (Recompute ? ", recompute" : "") + (Lora > 0 ? $", LoRA {Lora}" : "");

        public DecoderConfig Config => new()
        {
            ModelType = Family, VocabSize = Vocabulary, HiddenSize = Hidden, Layers = Layers, Heads = Hidden / Math.Min(64, Hidden / 4), HeadDim = Math.Min(64, Hidden / 4),
            KvHeads = Hidden / Math.Min(64, Hidden / 4) / (Hidden % 128 == 0 && Family != "gpt2" ? 2 : 1), FfnSize = Family == "llama" ? Hidden * 8 / 3 / 16 * 16 : 4 * Hidden, MaxPositions = 4096, TieEmbeddings = Tied,
        };

        public ModelShape Shape => new()
        {
            Config = Config, Bfloat16 = Bfloat16, Recomputes = Recompute, Drops = Kind == "contrast",
            Lora = Lora == 0 ? null : new LoraSettings { Rank = Lora, Alpha = 2 * Lora },
        };
    }

    private static readonly Case[] Cases =
    [
        new("sft", "llama", 96, 2, 512, 4096, 64, false, false, 0, true),
        new("reward", "llama", 96, 2, 512, 4096, 96, false, false, 0, true),
        new("sft", "llama", 256, 4, 8192, 4096, 200, false, false, 0, true),
        new("reward", "llama", 256, 4, 8192, 4096, 300, false, false, 0, true),
        new("reward", "llama", 256, 4, 8192, 8192, 512, false, false, 0, true),
        new("sft", "llama", 256, 4, 8192, 4096, 200, true, false, 0, true),
        new("reward", "llama", 256, 4, 8192, 4096, 300, true, false, 0, true),
        new("sft", "llama", 384, 8, 16384, 2048, 256, false, true, 0, false),
        new("reward", "llama", 384, 8, 512, 8192, 256, false, true, 0, false),
        new("reward", "llama", 384, 8, 16384, 4096, 256, false, false, 8, true),
        new("sft", "llama", 512, 6, 4096, 4096, 256, false, false, 16, true),
        new("sft", "llama", 512, 6, 32000, 1024, 256, false, false, 0, false),
        new("reward", "llama", 768, 4, 32000, 1024, 128, false, false, 0, false),
        new("sft", "llama", 768, 8, 32000, 1024, 256, true, false, 0, true),
        new("reward", "llama", 768, 8, 4096, 2048, 512, true, true, 8, true),
        new("sft", "gpt2", 256, 4, 8192, 4096, 256, false, false, 0, true),
        new("reward", "gpt2", 384, 6, 512, 4096, 1024, false, false, 0, true),
        new("reward", "qwen3", 256, 4, 2048, 4096, 256, false, false, 0, true),
        new("contrast", "llama", 256, 4, 2048, 4096, 256, false, false, 0, true),
        new("lm", "llama", 256, 4, 8192, 4096, 256, false, false, 0, true),
        new("meta", "llama", 256, 4, 8192, 4096, 256, false, false, 0, true),
        new("meta", "llama", 384, 6, 2048, 2048, 256, true, true, 0, true),
        new("ppo", "llama", 256, 4, 8192, 2048, 128, false, false, 0, true),
        new("ppo", "llama", 384, 6, 4096, 4096, 256, false, true, 0, true),
        new("ppo", "llama", 512, 4, 16384, 2048, 128, false, false, 8, true),
    ];

    /// <param name="words">Only the cases of this kind, or the one of this name; null: all.</param>
    public static async Task RunAsync(string? words)
    {

        Console.WriteLine("| predicted MB | measured MB | ratio | case |\n|---|---|---|---|");
        foreach (var one in Cases.Where(c => words is null || c.Kind == words || c.Name == words))
        {
            var predicted = Predict(one).Peak("cpu") / 1e6;
            var measured = await MeasureAsync(one) / 1e6;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {predicted:F0} | {measured:F0} | {predicted / measured:F2} | {one.Name} |"));
        }
    }

    /// <summary>The measurement itself, in the child: prints bytes.</summary>
    public static void Child(string json)
    {
        var one = JsonSerializer.Deserialize<Case>(json)!;
        Train(one with { Hidden = 32, Layers = 1, Vocabulary = 64, Tokens = 128, Length = 16 }, Groups(128, 16));
        var groups = Groups(one.Tokens, one.Length);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        _ = malloc_trim(0);
        File.WriteAllText("/proc/self/clear_refs", "5");
        var before = Resident("VmRSS");
        Train(one, groups);
        Console.WriteLine(Resident("VmHWM") - before);
    }

    private static MemoryForecast Predict(Case one)
    {
        var answer = one.Length - (one.Length / 4);
        var pass = PassShape.Full(new GroupLength(one.Length, one.Kind is "sft" or "ppo" ? answer : answer / 2, one.Kind is "sft" or "ppo" ? 1 : 2), one.Tokens);
        return one.Kind switch
        {
            "sft" => StepMemory.Language(one.Shape, pass),
            "meta" => StepMemory.Meta(one.Shape, pass, pass),
            "ppo" => StepMemory.Ppo(one.Shape, one.Shape, one.Lora == 0, pass, PassShape.Of([.. Enumerable.Repeat(new GroupLength(one.Length + answer, 2 * answer, 2), one.Tokens / one.Length / 2)]), true, (one.Tokens / one.Length, one.Length)),
            _ => StepMemory.Reward(one.Shape, pass, one.Kind == "lm", one.Kind == "contrast" ? 2 : 1),
        };
    }

    private static async Task<long> MeasureAsync(Case one)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(MemoryBench).Assembly.Location);
        start.ArgumentList.Add("memory");
        start.ArgumentList.Add(JsonSerializer.Serialize(one));
        using var child = Process.Start(start)!;
        var text = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        return child.ExitCode == 0 ? long.Parse(text, CultureInfo.InvariantCulture) : throw new InvalidOperationException($"{one.Name}: the child ended with {child.ExitCode}.");
    }

    /// <summary>Groups of one length, a quarter of it prompt, two passes' worth.</summary>
    private static List<int[]> Groups(int tokens, int length) => [.. Enumerable.Repeat(new int[length], 2 * Math.Max(1, tokens / length))];

    private static void Train(Case one, List<int[]> groups)
    {
        var type = one.Bfloat16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32;
        var settings = new TrainingSettings
        {
            BatchSize = one.Kind == "contrast" ? groups.Count / 2 : groups.Count, TokensPerPass = one.Tokens, MaxSteps = one.Kind == "contrast" ? 3 : 2, Epochs = 4, RateAt = (_, _) => 1e-5,
        };
        var lora = one.Shape.Lora;
        if (one.Kind == "sft")
        {
            using var model = ModelFolder.CreateCausalLm(one.Config, 1, torch.CPU, type);
            model.Decoder.Recomputes = one.Recompute;
            if (lora is not null)
                model.Adapt(lora, 1);
            new TrainingLoop(new SftTrainer(model, [.. groups.Select(g => new SftExample(g[..(g.Length / 4)], g[(g.Length / 4)..]))], false, torch.CPU), settings).Run();
            return;
        }
        if (one.Kind == "ppo")
        {
            Ppo(one, type);
            return;
        }
        using var reward = ModelFolder.CreateReward(one.Config, 1, torch.CPU, type);
        reward.Decoder.Recomputes = one.Recompute;
        if (lora is not null)
            reward.Decoder.Adapt(lora, 1);
        if (one.Kind == "meta")
        {
            var half = groups.Count / 2;
            settings = settings with { BatchSize = half };
            new TrainingLoop(new MetaTrainer(reward, [.. groups.Select(Pair)], [.. groups.Select(Pair).Select(p => new PackedGroup(p.Prompt, [p.Chosen, p.Rejected]))], half, 1e-3, 1, torch.CPU), settings).Run();
            return;
        }
        using var language = one.Kind == "lm" ? Language(one.Config, reward) : null;
        var objective = new RewardSettings { Contrast = one.Kind == "contrast" ? Contrast.Simcse : Contrast.None, Dropout = one.Kind == "contrast" ? 0.05 : 0, LanguageModel = one.Kind == "lm" ? 1 : 0 };
        List<IReadOnlyList<PreferencePair>> pairs = [.. groups.Select(g => (IReadOnlyList<PreferencePair>)[Pair(g)])];
        new TrainingLoop(new RewardTrainer(reward, language, pairs, objective, torch.CPU), settings).Run();
    }

    /// <summary>Half as many prompts as a pass holds sequences, two responses each, all of the greatest length.</summary>
    private static void Ppo(Case one, torch.ScalarType type)
    {
        using var policy = ModelFolder.CreateCausalLm(one.Config, 1, torch.CPU, type);
        using var reference = one.Lora == 0 ? ModelFolder.CreateCausalLm(one.Config, 1, torch.CPU, type) : null;
        using var reward = ModelFolder.CreateReward(one.Config, 2, torch.CPU, type);
        if (one.Shape.Lora is { } lora)
        {
            policy.Adapt(lora, 1);
            reward.Decoder.Adapt(lora, 2);
        }
        using var values = one.Lora == 0 ? ValueModel.FromReward(reward) : ValueModel.Beside(reward);
        (policy.Decoder.Recomputes, values.Decoder.Recomputes) = (one.Recompute, one.Recompute);
        var (prompt, sequences) = (one.Length / 4, Math.Max(2, one.Tokens / one.Length));
        var settings = new PpoSettings
        {
            Sampling = new SamplingOptions { MaxNewTokens = one.Length - prompt, Temperature = 0.8, StopIds = [], Concurrency = sequences },
            PromptsPerIteration = sequences / 2, SamplesPerPrompt = 2, Iterations = 1, Epochs = 2, MiniBatch = sequences, TokensPerPass = one.Tokens,
        };
        using var trainer = new PpoTrainer(policy, reference, reward, values, settings, torch.CPU);
        trainer.Iterate([.. Enumerable.Range(0, sequences / 2).Select(_ => new int[prompt])], 0);
    }

    private static CausalLm Language(DecoderConfig config, RewardModel reward)
    {
        using var whole = ModelFolder.CreateCausalLm(config, 1, torch.CPU);
        return whole.Over(reward.Decoder);
    }

    private static PreferencePair Pair(int[] group)
    {
        var prompt = group.Length / 4;
        var middle = prompt + ((group.Length - prompt) / 2);
        return new PreferencePair(group[..prompt], group[prompt..middle], group[middle..]);
    }

    private static long Resident(string name) =>
        1024 * long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    [DllImport("libc")]
    private static extern int malloc_trim(nint pad);
}
