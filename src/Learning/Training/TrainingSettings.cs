namespace DataflowRlhf.Learning.Training;

/// <summary>How long, how fast and in which order a <see cref="TrainingLoop"/> trains.</summary>
public sealed record TrainingSettings
{
    public int Epochs { get; init; } = 1;

    /// <summary>Examples an optimizer step.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Tokens a forward and backward pass; a step of more is several passes, the gradient the same.</summary>
    public int TokensPerPass { get; init; } = 16384;

    /// <summary>Stops after so many steps; 0: the epochs decide.</summary>
    public long MaxSteps { get; init; }

    /// <summary>The learning rate of a step: (steps done, steps in all) to α.</summary>
    public required Func<long, long, double> RateAt { get; init; }

    /// <summary>The gradient's global norm is cut to this; 0: never cut.</summary>
    public double ClipNorm { get; init; } = 1;

    public double WeightDecay { get; init; }
    public double Beta1 { get; init; } = 0.9;
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Dropout's seed.</summary>
    public ulong Seed { get; init; }

    /// <summary>The seed of the order in which examples are shown.</summary>
    public ulong ShuffleSeed { get; init; }

    /// <summary>Steps between two measurements on the side; 0: only after the last step.</summary>
    public long EvaluateEvery { get; init; }

    /// <summary>Where checkpoints go; null: none are kept.</summary>
    public string? CheckpointFolder { get; init; }

    /// <summary>Steps between two checkpoints; 0: steps do not matter.</summary>
    public long CheckpointEvery { get; init; }

    /// <summary>Time between two checkpoints; zero: time does not matter. It changes no result.</summary>
    public TimeSpan CheckpointInterval { get; init; }

    /// <summary>What the interval is measured with.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
