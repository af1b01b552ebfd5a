using DataflowRlhf.Learning.Generation;

namespace DataflowRlhf.Learning.Ppo;

/// <summary>The knobs of PPO; METHOD section 6, defaults from the paper where it gives them.</summary>
public sealed record PpoSettings
{
    /// <summary>How responses are drawn. Old and new log-probabilities both use its temperature.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Prompts an iteration.</summary>
    public int PromptsPerIteration { get; init; } = 32;

    /// <summary>Responses a prompt.</summary>
    public int SamplesPerPrompt { get; init; } = 4;

    /// <summary>Rollout, then updates; so many times.</summary>
    public int Iterations { get; init; } = 20;

    /// <summary>Passes over one iteration's rollouts.</summary>
    public int Epochs { get; init; } = 2;

    /// <summary>Responses an optimizer step.</summary>
    public int MiniBatch { get; init; } = 32;

    public double PolicyRate { get; init; } = 5e-7;
    public double ValueRate { get; init; } = 1.5e-6;

    /// <summary>η of r − η KL, a penalty on every sampled token; 0: none.</summary>
    public double KlCoefficient { get; init; } = 0.05;

    /// <summary>KL in nats a response that an adaptive coefficient steers to; null: the coefficient is fixed.</summary>
    public double? KlTarget { get; init; }

    public double Gamma { get; init; } = 1;
    public double Lambda { get; init; } = 0.95;

    /// <summary>The ratio is clipped to 1 ± this.</summary>
    public double ClipRange { get; init; } = 0.2;

    /// <summary>A new value may leave the old one by this.</summary>
    public double ValueClipRange { get; init; } = 0.2;

    public double EntropyBonus { get; init; }

    /// <summary>Scores are cut to ± this after normalisation; 0: never.</summary>
    public double RewardClip { get; init; }

    /// <summary>Scores are divided by their running standard deviation, less their running mean.</summary>
    public bool NormalizeReward { get; init; }

    /// <summary>Advantages are cut to ± this after whitening; 0: never.</summary>
    public double AdvantageClip { get; init; }

    /// <summary>Taken off the score of a response that ended without a stop token.</summary>
    public double NoEosPenalty { get; init; }

    /// <summary>Global norm at which gradients are cut; 0: never.</summary>
    public double ClipNorm { get; init; } = 1;

    public int TokensPerPass { get; init; } = 16384;
    public ulong Seed { get; init; }
}
