using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Generation;
using DataflowRlhf.Learning.Memory;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Ppo;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Stages.Ahead;
using DataflowRlhf.Stages.Training;
using TorchSharp;

namespace DataflowRlhf.Stages.Policies;

/// <summary>Proximal policy optimisation against a reward model; METHOD section 6, paper (3).</summary>
[Stage("ppo", "Trains a policy by PPO against a reward model, with a KL penalty to the reference.")]
[Example(Examples.Reward + """
      policy:
        uses: ppo
        from: { prompts: tokens, policy: sft, reward: reward }
        with: { iterations: 3, prompts-per-iteration: 4, per-prompt: 2, mini-batch: 4, max-new-tokens: 8, policy-rate: 0.001, value-rate: 0.001 }
    """)]
public sealed class Ppo(Ppo.Options options) : Stage
{
    public sealed record Options : SamplingKnobs
    {
        [Option("Rollout, then updates; so many times. Default: 20.")]
        [Range(1, 1_000_000)]
        public int Iterations { get; init; } = 20;

        [Option("Prompts an iteration. Default: 32.")]
        [Range(1, 100_000)]
        public int PromptsPerIteration { get; init; } = 32;

        [Option("Responses a prompt. Default: 4, the paper's.")]
        [Range(1, 1024)]
        public int PerPrompt { get; init; } = 4;

        [Option("Passes over an iteration's rollouts. Default: 2.")]
        [Range(1, 100)]
        public int Epochs { get; init; } = 2;

        [Option("Responses an optimizer step. Default: 32.")]
        [Range(1, 100_000)]
        public int MiniBatch { get; init; } = 32;

        [Option("The policy's learning rate. Default: 5e-7, the paper's.")]
        [Range(0, 1.0)]
        public double PolicyRate { get; init; } = 5e-7;

        [Option("The value model's learning rate. Default: 1.5e-6, the paper's.")]
        [Range(0, 1.0)]
        public double ValueRate { get; init; } = 1.5e-6;

        [Option("Weight of the KL penalty; 0: none. Default: 0.05.")]
        [Range(0, 100.0)]
        public double KlCoefficient { get; init; } = 0.05;

        [Option("KL in nats a response that the penalty's weight steers to. Default: none, the weight is fixed.")]
        [Range(0.0001, 1e6)]
        public double? KlTarget { get; init; }

        [Option("Discount of GAE. Default: 1.")]
        [Range(0, 1.0)]
        public double Gamma { get; init; } = 1;

        [Option("λ of GAE. Default: 0.95.")]
        [Range(0, 1.0)]
        public double Lambda { get; init; } = 0.95;

        [Option("The probability ratio is clipped to 1 ± this. Default: 0.2.")]
        [Range(0.001, 10.0)]
        public double ClipRange { get; init; } = 0.2;

        [Option("A value may leave the old one by this. Default: 0.2.")]
        [Range(0.001, 1e6)]
        public double ValueClipRange { get; init; } = 0.2;

        [Option("Weight of the entropy bonus. Default: 0.")]
        [Range(0, 10.0)]
        public double EntropyBonus { get; init; }

        [Option("Rewards are cut to ± this; 0: never. Default: 0.")]
        [Range(0, 1e6)]
        public double RewardClip { get; init; }

        [Option("Rewards less their running mean, over their running deviation. Default: true.")]
        public bool NormalizeReward { get; init; } = true;

        [Option("Advantages are cut to ± this; 0: never. Default: 0.")]
        [Range(0, 1e6)]
        public double AdvantageClip { get; init; }

        [Option("Taken off the reward of a response without eos. Default: 1.")]
        [Range(0, 1e6)]
        public double NoEosPenalty { get; init; } = 1;

        [Option("Global norm at which gradients are cut; 0: never. Default: 1.")]
        [Range(0, 1e6)]
        public double ClipNorm { get; init; } = 1;

        [Option("The weights' type: float32, or bfloat16 with float32 master weights. Default: float32.")]
        public Precision Precision { get; init; } = Precision.Float32;

        [Option(LowRank.AboutRank + " The reference, where it is the model the policy starts from, and the value model then share the frozen weights.")]
        [Range(0, 65536)]
        public int LoraRank { get; init; }

        [Option(LowRank.AboutAlpha)]
        [Range(0.0001, 1e6)]
        public double? LoraAlpha { get; init; }

        [Option(LowRank.AboutTargets)]
        public IReadOnlyList<string> LoraTargets { get; init; } = [];

        [PerformanceOnly]
        [Option(LowRank.AboutRecompute)]
        public bool Recompute { get; init; }

        [PerformanceOnly]
        [Option("Iterations between two checkpoints, from which a killed or stopped run goes on; 0: only checkpoint-minutes counts. Default: 10.")]
        [Range(0, int.MaxValue)]
        public int CheckpointEvery { get; init; } = 10;

        [PerformanceOnly]
        [Option(TrainingOptions.AboutCheckpointMinutes)]
        [Range(0, 1e6)]
        public double CheckpointMinutes { get; init; } = 10;

        [Option("Tokens a forward and backward pass. Default: 4096, which suits the caches of a CPU; a GPU takes more.")]
        [Range(1, int.MaxValue)]
        public int TokensPerPass { get; init; } = 4096;
    }

    public override StagePorts Ports => new(
        [new DatasetPort("prompts", PromptSet.Needs) { Streams = false }, new ModelPort("policy", ModelWords.Language), new ModelPort("reward", ModelWords.Reward), new ModelPort("reference", ModelWords.Language) { Optional = true }],
        Output.ModelOf(ModelWords.Language));

    public override bool UsesDevice => true;

    /// <inheritdoc/>
    public override Outlook? Foresee(IForesight ahead)
    {
        if (Foreseen.Model(ahead, null, "policy") is not { } policy)
            return null;
        var promise = new ForeseenModel(policy);
        if (Foreseen.Model(ahead, null, "reward") is not { } reward)
            return new Outlook { Promise = promise };
        var strange = ahead.Has("reference") && !ReferenceEquals(ahead.Promise("reference"), ahead.Promise("policy"));
        // A reference of another shape may be smaller, so that it does not count.
        var alike = !ahead.Has("reference") || Foreseen.Model(ahead, null, "reference") == policy;
        var held = Foreseen.Held(options.LoraRank, options.Precision, (rank, precision) =>
        {
            var so = options with { LoraRank = rank, Precision = precision };
            return StepMemory.Ppo(Shape(so, policy), Shape(so, reward), alike && (rank == 0 || strange), default, default, false, default);
        });
        if (ahead.Promise("prompts") is not ForeseenRows rows)
            return new Outlook { Promise = promise, Held = held };
        // Responses may be as long as they are allowed to be; prompts are those there are, or as long as theirs.
        var prompt = rows.Known ? rows.Sample.Max(r => r.Prompt) : rows.Longest;
        var group = new GroupLength(prompt + options.MaxNewTokens, options.MaxNewTokens, 1);
        var pass = PassShape.Full(group, (int)Math.Min(options.TokensPerPass, (long)group.Tokens * options.MiniBatch));
        var answers = new GroupLength(prompt + (options.PerPrompt * options.MaxNewTokens), options.PerPrompt * options.MaxNewTokens, options.PerPrompt);
        // A pass is filled as if every response had its prompt beside it; it then has it once.
        var together = Math.Clamp(options.TokensPerPass / ((long)options.PerPrompt * group.Tokens), 1, options.PromptsPerIteration);
        var scored = PassShape.Of([.. Enumerable.Repeat(answers, (int)together)]);
        var ownReference = options.LoraRank == 0 || strange;
        var sequences = Math.Min(options.Concurrency, (long)options.PromptsPerIteration * options.PerPrompt);
        var forecast = StepMemory.Ppo(Shape(options, policy), Shape(options, reward), ownReference, pass, scored, options.Temperature is not (0 or 1), (sequences, group.Tokens));
        return new Outlook
        {
            Bytes = forecast.Peak(ahead.Device), AtMost = true, Promise = promise, Held = held,
            Lower = Lower,
        };
    }

    private IReadOnlyList<string> Lower => LowRank.Lower(options.TokensPerPass, options.Recompute, options.LoraRank, options.Precision);

    private static ModelShape Shape(Options options, DecoderConfig config) => new()
    {
        Config = config, Bfloat16 = options.Precision == Precision.Bfloat16, Recomputes = options.Recompute,
        Lora = LowRank.Settings(options.LoraRank, options.LoraAlpha, options.LoraTargets),
    };

    public override async Task RunAsync(IStageRun run)
    {
        var prompts = await PromptSet.ReadAsync(run, "prompts", "train", 0, Vocabulary.Of(new[] { "policy", "reward", "reference" }.Where(run.Has).Select(run.Artifact)));
        var start = run.Artifact("policy").Folder;
        var tokenizer = TextTokenizer.Load(start);
        var device = torch.device(run.Device);
        var type = options.Precision.Type();
        var lora = LowRank.Settings(options.LoraRank, options.LoraAlpha, options.LoraTargets);
        var frozen = run.Has("reference") ? run.Artifact("reference").Folder : start;
        using var policy = ModelFolder.LoadCausalLm(start, device, type);
        LowRank.Adapt(run, lora, policy.Adapt);
        using var reference = lora is not null && frozen == start ? null : ModelFolder.LoadCausalLm(frozen, device, type);
        using var reward = ModelFolder.LoadReward(run.Artifact("reward").Folder, device, dtype: type);
        LowRank.Adapt(run, lora, reward.Decoder.Adapt);
        using var values = lora is null ? ValueModel.FromReward(reward) : ValueModel.Beside(reward);
        (policy.Decoder.Recomputes, values.Decoder.Recomputes) = (options.Recompute, options.Recompute);
        var settings = Settings(run.Seed, options.Sampling(tokenizer));
        using var trainer = new PpoTrainer(policy, reference, reward, values, settings, device) { OnTokens = tokens => run.Count("tokens", tokens) };
        var curves = new TrainingCurves(run.Metric);
        IReadOnlyList<(string Name, double Value)> figures = [];
        var cadence = new CheckpointCadence(options.CheckpointEvery, TimeSpan.FromMinutes(options.CheckpointMinutes), TimeProvider.System);
        var iteration = trainer.Resume(run.CheckpointFolder, curves, run.Warn);
        if (iteration > 0 || trainer.IsWithin)
            run.Resumed(iteration, options.Iterations, "iterations");
        void Keep()
        {
            trainer.Save(run.CheckpointFolder, iteration, curves);
            cadence.Kept();
        }
        Trained.Guarded(() =>
        {
            try
            {
                while (iteration < options.Iterations)
                {
                    run.Stopping.ThrowIfCancellationRequested();
                    // Between two optimizer steps only time can make one due.
                    figures = trainer.Iterate(Draw(prompts, run.Seed, iteration), iteration, () => { if (cadence.IsDue) Keep(); }, run.Stopping);
                    iteration++;
                    foreach (var (name, value) in figures)
                        curves.Add(name, iteration, value);
                    cadence.Stepped(iteration);
                    if (iteration < options.Iterations && cadence.IsDue)
                        Keep();
                    run.Progress(iteration, options.Iterations, "iterations");
                }
                trainer.CheckWeights();
            }
            catch (OperationCanceledException) when (run.Stopping.IsCancellationRequested && cadence.Keeps && trainer.HasChanged)
            {
                Keep();
                throw;
            }
        }, Lower);
        foreach (var (name, value) in figures)
            run.Summarize(name, value);
        LowRank.Leave(run, policy, null);
        ModelFolder.Save(policy, run.OutputFolder, start,
            ModelCard.Write(run, "ppo", "A policy trained by PPO against a reward model.", options, figures.Select(f => (f.Name, (JsonNode?)JsonValue.Create(f.Value)))));
    }

    /// <summary>An iteration's prompts: each epoch over the prompts in an order of its own.</summary>
    private List<int[]> Draw(PromptSet prompts, ulong seed, int iteration)
    {
        var all = prompts.Ids.Count;
        var drawn = new List<int[]>(options.PromptsPerIteration);
        int[] order = [];
        for (var i = 0; i < options.PromptsPerIteration; i++)
        {
            var place = ((long)iteration * options.PromptsPerIteration) + i;
            if (order.Length == 0 || place % all == 0)
                order = Chance.Order(all, seed, place / all);
            drawn.Add(prompts.Ids[order[place % all]]);
        }
        return drawn;
    }

    private PpoSettings Settings(ulong seed, SamplingOptions sampling) => new()
    {
        Sampling = sampling,
        PromptsPerIteration = options.PromptsPerIteration,
        SamplesPerPrompt = options.PerPrompt,
        Iterations = options.Iterations,
        Epochs = options.Epochs,
        MiniBatch = options.MiniBatch,
        PolicyRate = options.PolicyRate,
        ValueRate = options.ValueRate,
        KlCoefficient = options.KlCoefficient,
        KlTarget = options.KlTarget,
        Gamma = options.Gamma,
        Lambda = options.Lambda,
        ClipRange = options.ClipRange,
        ValueClipRange = options.ValueClipRange,
        EntropyBonus = options.EntropyBonus,
        RewardClip = options.RewardClip,
        NormalizeReward = options.NormalizeReward,
        AdvantageClip = options.AdvantageClip,
        NoEosPenalty = options.NoEosPenalty,
        ClipNorm = options.ClipNorm,
        TokensPerPass = options.TokensPerPass,
        Seed = seed,
    };
}
