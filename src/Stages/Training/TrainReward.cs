using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Memory;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Stages.Ahead;
using TorchSharp;

namespace DataflowRlhf.Stages.Training;

/// <summary>
/// Trains a reward model on pairs, on all comparisons of a prompt at once, or on ranked lists: METHOD's pair loss with each row's margin and soft label, or
/// Plackett–Luce; centring, language-model and contrastive terms.
/// </summary>
[Stage("train-reward", "Trains a reward model on preference pairs, on all comparisons of a prompt, or on ranked lists.")]
[Example(Examples.Reward)]
public sealed class TrainReward : Stage
{
    private readonly Options options;

    public TrainReward(Options options)
    {
        this.options = options;
        if (options.Contrastive == Contrast.Simcse && options.Dropout == 0)
            throw new OptionException("dropout", "SimCSE needs two different views, and dropout 0 makes them equal", "dropout: 0.05");
        if (options.Queue > 0 && options.Contrastive != Contrast.Swav)
            throw new OptionException("queue", $"only contrastive: swav keeps a queue, not {options.Contrastive.ToString().ToLowerInvariant()}", "contrastive: swav");
        if (options.Loss == RewardLoss.KWise && (options.Margin ?? options.Alpha) is not null)
            throw new OptionException(options.Margin is null ? "alpha" : "margin", "loss: k-wise looks at ranks alone; margins and soft labels belong to comparisons", "loss: comparisons");
    }

    public sealed record Options : TrainingOptions
    {
        [InputPath]
        [Option("The folder of the model to start from, a language model or a reward model; without it, port init. Default: none.")]
        public string? Init { get; init; }

        [Option("Examples an optimizer step: pairs, or prompts with all their responses where loss says so. Default: 32.")]
        [Range(1, 1_000_000)]
        public int BatchSize { get; init; } = 32;

        [Option("The highest learning rate. Default: 5e-6.")]
        [Range(0.0, 10.0)]
        public double LearningRate { get; init; } = 5e-6;

        [Option("One margin for all pairs; without it, column margin where there is one, else 0. Default: none.")]
        public float? Margin { get; init; }

        [Option("One soft label (label smoothing) for all pairs; without it, column alpha where there is one, else 0. Default: none.")]
        [Range(0.0, 1.0)]
        public float? Alpha { get; init; }

        [Option("What an example is: pairs; comparisons, all of a prompt (or of a ranked list, by prompt_group), which then weigh as one and compute each response once; or k-wise, Plackett–Luce over ranked lists, which needs prompt_group, chosen_rank and rejected_rank and puts lists with equal ranks aside. Default: pairs.")]
        public RewardLoss Loss { get; init; }

        [Option("The weight c of c·(r_chosen + r_rejected)², which keeps rewards near zero. Default: 0.")]
        [Range(0.0, 1000.0)]
        public double Centring { get; init; }

        [Option("The weight of the language-model loss on the chosen response. Default: 0.")]
        [Range(0.0, 1000.0)]
        public double LmWeight { get; init; }

        [Option("Dropout while training. Default: 0.05 with a contrastive term, else 0.")]
        [Range(0, 0.99)]
        public double? Dropout { get; init; }

        [Option("The contrastive term: none, simcse or swav. Default: none.")]
        public Contrast Contrastive { get; init; }

        [Option("The term's samples: differences of chosen and rejected, or the pairs' own features. Default: differences.")]
        public ContrastOn ContrastiveOn { get; init; }

        [Option("The weight of the contrastive term. Default: the paper's 1 with simcse, 0.5 with swav on differences, 0.1 with swav on pairs.")]
        [Range(0.0, 1000.0)]
        public double? Beta { get; init; }

        [Option("The contrastive term's temperature. Default: 0.05 with simcse, 0.1 with swav.")]
        [Range(1e-4, 100)]
        public double? Temperature { get; init; }

        [Option("SwAV's prototypes. Default: the paper's 20 on differences, 50 on pairs.")]
        [Range(2, 100_000)]
        public int? Prototypes { get; init; }

        [Option("SwAV's Sinkhorn regularisation. Default: 0.05.")]
        [Range(1e-4, 10)]
        public double SinkhornEpsilon { get; init; } = 0.05;

        [Option("SwAV's Sinkhorn iterations. Default: 3.")]
        [Range(1, 1000)]
        public int SinkhornIterations { get; init; } = 3;

        [Option("Past features that join SwAV's codes, for batches smaller than the prototypes; 0: none. Default: 0.")]
        [Range(0, 1_000_000)]
        public int Queue { get; init; }
    }

    public override StagePorts Ports
    {
        get
        {
            var pairs = new DatasetPort("pairs", [.. PairTable.Needs, .. options.Loss == RewardLoss.KWise ? RewardExamples.Ranks : []]) { Streams = false, Only = (Columns.Split.Name, "train") };
            return new StagePorts(options.Init is null ? [pairs, new ModelPort("init", ModelWords.Language, ModelWords.Reward)] : [pairs], Output.ModelOf(ModelWords.Reward));
        }
    }

    public override bool UsesDevice => true;

    /// <inheritdoc/>
    public override Outlook? Foresee(IForesight ahead)
    {
        if (Foreseen.Model(ahead, options.Init, "init") is not { } config)
            return null;
        // How many responses a prompt has is known only when the rows are there.
        var rows = options.Loss == RewardLoss.Pairs ? ahead.Promise("pairs") as ForeseenRows : null;
        var needs = rows is null ? new Outlook() : Needs(config, Foreseen.Groups(rows, options.BatchSize, 2, r => new(r.Tokens, r.Chosen, 2)), ahead.Device);
        return needs with { AtMost = rows?.Known == false, Promise = new ForeseenModel(config), Held = options.Held(config, true, m => StepMemory.Reward(m, default, options.LmWeight > 0)) };
    }

    private double Dropout => options.Dropout ?? (options.Contrastive == Contrast.None ? 0 : 0.05);

    private Outlook Needs(DecoderConfig config, IReadOnlyList<GroupLength> groups, string device) => new()
    {
        Bytes = Foreseen.Passes(groups, options.BatchSize, options.TokensPerPass).Max(p => StepMemory.Reward(
            options.Shape(config, Dropout), p.Pass, options.LmWeight > 0, options.Contrastive != Contrast.None && p.Whole ? 2 : 1).Peak(device)),
        Lower = options.Lower(),
    };

    public override async Task RunAsync(IStageRun run)
    {
        var init = Trained.Folder(run, options.Init, "init")!;
        var config = DecoderConfig.Read(init);
        var table = await PairTable.ReadAsync(run, "pairs", config.Longest, Vocabulary.Of(config), "train", "validation");
        Train(run, init, table);
    }

    private void Train(IStageRun run, string init, PairTable table)
    {
        var device = torch.device(run.Device);
        var pairs = table.Of("train").Select(r => r with { Pair = Labelled(r.Pair) }).ToList();
        if (pairs.Count == 0)
            throw new StageException("No row to train on: 'pairs' has none of split 'train' that the model can take.");
        var examples = RewardExamples.Of(pairs, options.Loss, run);
        Foreseen.Warn(run, Needs(DecoderConfig.Read(init), [.. examples.Select(e => new GroupLength(e.Tokens, e.Responses.Count > 0 ? e.Responses[0].Length : 0, e.Responses.Count))], run.Device));
        var held = table.Of("validation");
        using var model = ModelFolder.LoadReward(init, device, (long)(SeededRandom.Mix(run.Seed, "head") >> 1), options.Precision.Type());
        model.Decoder.Recomputes = options.Recompute;
        LowRank.Adapt(run, options.Lora, model.Decoder.Adapt);
        using var language = options.LmWeight > 0 ? Language(init, model, device) : null;
        var trainer = new RewardTrainer(model, language, examples, Settings(run), device);
        var curves = Trained.Run(run, trainer, options.Settings(run, options.LearningRate, options.BatchSize), held.Count == 0 ? null : () => Measure(trainer, held, run), options.Lower());
        var results = Results(curves, pairs.Count, examples.Count, held.Count, table.Quarantined);
        foreach (var (name, value) in results)
            run.Summarize(name, value?.DeepClone());
        LowRank.Leave(run, model, options.Init);
        ModelFolder.Save(model, run.OutputFolder, init,
            ModelCard.Write(run, "train-reward", "A reward model: the scalar head on the last token scores prompt and response.", options, results));
    }

    private PreferencePair Labelled(PreferencePair pair) =>
        pair with { Margin = options.Margin ?? pair.Margin, Alpha = options.Alpha ?? pair.Alpha };

    private RewardSettings Settings(IStageRun run)
    {
        var differences = options.ContrastiveOn == ContrastOn.Differences;
        var simcse = options.Contrastive == Contrast.Simcse;
        return new RewardSettings
        {
            Listwise = options.Loss == RewardLoss.KWise,
            Centring = options.Centring,
            LanguageModel = options.LmWeight,
            Contrast = options.Contrastive,
            ContrastOn = options.ContrastiveOn,
            Beta = options.Beta ?? (simcse ? 1 : differences ? 0.5 : 0.1),
            Temperature = options.Temperature ?? (simcse ? 0.05 : 0.1),
            Prototypes = options.Prototypes ?? (differences ? 20 : 50),
            SinkhornEpsilon = options.SinkhornEpsilon,
            SinkhornIterations = options.SinkhornIterations,
            Queue = options.Queue,
            Dropout = Dropout,
            Seed = SeededRandom.Mix(run.Seed, "prototypes"),
        };
    }

    /// <summary>The language model of the same folder, over the reward model's own decoder.</summary>
    private static CausalLm Language(string init, RewardModel model, torch.Device device)
    {
        using var whole = ModelFolder.LoadCausalLm(init, device);
        return whole.Over(model.Decoder);
    }

    private IEnumerable<(string, double)> Measure(RewardTrainer trainer, List<PairRow> held, IStageRun run)
    {
        var (loss, accuracy) = trainer.Measure(held.Select(r => r.Pair).ToList(), options.TokensPerPass, run.Stopping);
        yield return ("validation_loss", loss);
        yield return ("validation_accuracy", accuracy);
    }

    private static List<(string Name, JsonNode? Value)> Results(TrainingCurves curves, int rows, int examples, int held, int quarantined) =>
    [
        ("rows", rows),
        ("examples", examples),
        ("validation_rows", held),
        ("quarantined", quarantined),
        ("steps", curves["loss"].Count),
        .. new[] { "loss", "accuracy", "margin", "contrastive", "lm_loss", "validation_loss", "validation_accuracy" }
            .Where(n => curves[n].Count > 0)
            .Select(n => (n, (JsonNode?)(n.StartsWith("validation", StringComparison.Ordinal) ? curves[n][^1].Value : curves.Final(n)))),
    ];
}
