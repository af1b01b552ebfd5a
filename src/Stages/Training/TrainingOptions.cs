using System.ComponentModel.DataAnnotations;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Memory;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Models.Lora;
using DataflowRlhf.Learning.Optimization;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Stages.Ahead;

namespace DataflowRlhf.Stages.Training;

/// <summary>What every stage that trains by examples can be told.</summary>
public abstract record TrainingOptions
{
    internal const string AboutCheckpointMinutes = "Minutes between two checkpoints, beside checkpoint-every; 0: time does not count, and with both 0 none are kept. Default: 10.";

    [Option("How often every example is shown. Default: 1.")]
    [Range(1, 1000)]
    public int Epochs { get; init; } = 1;

    [Option("Stop after so many optimizer steps; 0 leaves it to the epochs. Default: 0.")]
    [Range(0, int.MaxValue)]
    public int MaxSteps { get; init; }

    [Option("Share of the steps over which the learning rate rises from 0. Default: 0.1.")]
    [Range(0.0, 1.0)]
    public double WarmUp { get; init; } = 0.1;

    [Option("How the learning rate falls after the warm-up: linear, cosine, inverse-sqrt or constant. Default: linear.")]
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Linear;

    [Option("AdamW's decoupled weight decay on matrices. Default: 0.")]
    [Range(0.0, 1.0)]
    public double WeightDecay { get; init; }

    [Option("AdamW's decay of the mean of gradients. Default: 0.9.")]
    [Range(0, 0.9999)]
    public double Beta1 { get; init; } = 0.9;

    [Option("AdamW's decay of the mean of squared gradients. Default: 0.999.")]
    [Range(0, 0.999999)]
    public double Beta2 { get; init; } = 0.999;

    [Option("The gradient's global norm is cut to this; 0 never cuts. Default: 1.")]
    [Range(0.0, 1e6)]
    public double ClipNorm { get; init; } = 1;

    [Option("Tokens in one forward and backward pass; a larger batch is cut into passes, and the gradient stays the batch's. Default: 4096, which suits the caches of a CPU; a GPU takes more.")]
    [Range(1, int.MaxValue)]
    public int TokensPerPass { get; init; } = 4096;

    [Option("Seed of the order of examples, beside the run's own seed. Default: 0.")]
    public long ShuffleSeed { get; init; }

    [Option("The weights' type: float32, or bfloat16 with float32 master weights. Default: float32.")]
    public Precision Precision { get; init; } = Precision.Float32;

    [Option(LowRank.AboutRank)]
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

    [Option("Steps between two measurements on the validation split; 0 measures after the last step only. Default: 0.")]
    [Range(0, int.MaxValue)]
    public int EvaluateEvery { get; init; }

    [PerformanceOnly]
    [Option("Steps between two checkpoints, from which a killed or stopped run goes on; 0: only checkpoint-minutes counts. Default: 200.")]
    [Range(0, int.MaxValue)]
    public int CheckpointEvery { get; init; } = 200;

    [PerformanceOnly]
    [Option(AboutCheckpointMinutes)]
    [Range(0, 1e6)]
    public double CheckpointMinutes { get; init; } = 10;

    internal LoraSettings? Lora => LowRank.Settings(LoraRank, LoraAlpha, LoraTargets);

    /// <summary>A model of this config as these options train it.</summary>
    internal ModelShape Shape(DecoderConfig config, double dropout = 0) => new()
    {
        Config = config, Bfloat16 = Precision == Precision.Bfloat16, Lora = Lora, Recomputes = Recompute, Drops = dropout > 0,
    };

    /// <summary>What training holds whatever its rows are.</summary>
    /// <param name="adapts">Adapters are possible: the model is not new.</param>
    /// <param name="of">The forecast of a model as such options train it.</param>
    internal Held Held(DecoderConfig config, bool adapts, Func<ModelShape, MemoryForecast> of) =>
        Foreseen.Held(adapts ? LoraRank : null, Precision, (rank, precision) => of((this with { LoraRank = rank, Precision = precision }).Shape(config)));

    /// <summary>What would lower the memory that training takes.</summary>
    /// <param name="adapts">Adapters are possible: the model is not new.</param>
    internal IReadOnlyList<string> Lower(bool adapts = true) => LowRank.Lower(TokensPerPass, Recompute, adapts ? LoraRank : null, Precision);

    internal TrainingSettings Settings(IStageRun run, double learningRate, int batchSize)
    {
        var rate = new LearningRate(learningRate, Schedule, WarmUp);
        return new TrainingSettings
        {
            Epochs = Epochs,
            BatchSize = batchSize,
            TokensPerPass = TokensPerPass,
            MaxSteps = MaxSteps,
            RateAt = rate.At,
            ClipNorm = ClipNorm,
            WeightDecay = WeightDecay,
            Beta1 = Beta1,
            Beta2 = Beta2,
            Seed = SeededRandom.Mix(run.Seed, "dropout"),
            ShuffleSeed = SeededRandom.Mix(run.Seed, $"shuffle {ShuffleSeed}"),
            EvaluateEvery = EvaluateEvery,
            CheckpointEvery = CheckpointEvery,
            CheckpointInterval = TimeSpan.FromMinutes(CheckpointMinutes),
            CheckpointFolder = run.CheckpointFolder,
        };
    }
}
