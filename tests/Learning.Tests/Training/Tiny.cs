using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace DataflowRlhf.Learning.Tests.Training;

/// <summary>Models and data small enough for a test.</summary>
internal static class Tiny
{
    public const int Vocabulary = 24;
    public const int Eos = 1;

    /// <summary>The token that makes a response good.</summary>
    public const int Good = 7;

    public static DecoderConfig Config { get; } = new()
    {
        ModelType = "llama",
        VocabSize = Vocabulary,
        HiddenSize = 32,
        Layers = 2,
        Heads = 4,
        KvHeads = 2,
        HeadDim = 8,
        FfnSize = 64,
        MaxPositions = 64,
        RopeTheta = 10000,
        NormEps = 1e-5,
        TieEmbeddings = true,
        EosTokenId = Eos,
    };

    /// <summary>The same size in another architecture; Mistral's window is shorter than most texts.</summary>
    public static DecoderConfig Of(string type) => type switch
    {
        "gpt2" or "gpt_neox" => Config with { ModelType = type, KvHeads = Config.Heads },
        "mistral" => Config with { ModelType = type, SlidingWindow = 3 },
        _ => Config with { ModelType = type },
    };

    public static RewardModel Reward(long seed = 3, string type = "llama") => ModelFolder.CreateReward(Of(type), seed, torch.CPU);

    public static CausalLm Language(long seed = 3, string type = "llama") => ModelFolder.CreateCausalLm(Of(type), seed, torch.CPU);

    /// <summary>A model with larger weights: one that is sure of itself, so that two of them differ.</summary>
    public static T Loud<T>(this T model, double times = 6)
        where T : torch.nn.Module
    {
        using var off = torch.no_grad();
        foreach (var parameter in model.parameters().Where(p => p.dim() > 1))
            parameter.mul_(times);
        return model;
    }

    /// <summary>Pairs by a plain rule: the chosen response has the good token, the rejected has not.</summary>
    public static List<PreferencePair> Pairs(int count, ulong seed = 5)
    {
        var pairs = new List<PreferencePair>();
        for (var i = 0; i < count; i++)
        {
            int Draw(long place, int from, int to) => from + (int)(Chance.At(seed, i, place) % (ulong)(to - from));
            var prompt = Enumerable.Range(0, Draw(0, 2, 7)).Select(k => Draw(100 + k, 10, Vocabulary)).ToArray();
            var chosen = Enumerable.Range(0, Draw(1, 2, 6)).Select(k => Draw(200 + k, 10, Vocabulary)).ToArray();
            var rejected = Enumerable.Range(0, Draw(2, 2, 6)).Select(k => Draw(300 + k, 10, Vocabulary)).ToArray();
            chosen[Draw(3, 0, chosen.Length)] = Good;
            pairs.Add(new PreferencePair(prompt, [.. chosen, Eos], [.. rejected, Eos]));
        }
        return pairs;
    }

    /// <summary>Each pair as an example of its own.</summary>
    public static IReadOnlyList<IReadOnlyList<PreferencePair>> Alone(IEnumerable<PreferencePair> pairs) =>
        pairs.Select(p => (IReadOnlyList<PreferencePair>)[p]).ToList();

    public static RewardTrainer Trainer(RewardModel model, IEnumerable<PreferencePair> pairs, RewardSettings? settings = null, CausalLm? language = null) =>
        new(model, language, Alone(pairs), settings ?? new RewardSettings(), torch.CPU);

    public static TrainingSettings Settings(int batch = 16, double rate = 3e-3) =>
        new() { BatchSize = batch, RateAt = (_, _) => rate, Seed = 11, ShuffleSeed = 12 };

    /// <summary>All weights, bit for bit.</summary>
    public static float[] Bits(ITrainingObjective objective) => objective.Parameters.SelectMany(p => Values(p.Parameter)).ToArray();

    public static float[] Values(torch.Tensor tensor)
    {
        using var off = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        return tensor.detach().cpu().contiguous().data<float>().ToArray();
    }

    /// <summary>The gradients after one forward and backward over all examples, cut into passes of so many tokens.</summary>
    public static (float[] Gradients, double Loss) Gradients(ITrainingObjective objective, int tokensPerPass = 100_000)
    {
        foreach (var (_, parameter) in objective.Parameters)
            parameter.grad?.zero_();
        using var scope = torch.NewDisposeScope();
        var examples = Enumerable.Range(0, objective.Examples).ToList();
        var step = new TrainingStep(1, examples, Passes.Cut(examples, objective.Tokens, tokensPerPass), 99);
        objective.Accumulate(step);
        var loss = step.Read().First(p => p.Name == "loss").Value;
        return (objective.Parameters.Where(p => p.Parameter.grad is not null).SelectMany(p => Values(p.Parameter.grad!)).ToArray(), loss);
    }

    /// <summary>The largest distance between two lists, relative to the second's largest entry.</summary>
    public static double Distance(float[] left, float[] right)
    {
        left.Should().HaveSameCount(right);
        return left.Zip(right, (l, r) => Math.Abs(l - r)).Max() / Math.Max(1e-12, right.Max(Math.Abs));
    }
}
