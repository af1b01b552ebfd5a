namespace DataflowRlhf.Learning.Training;

/// <summary>The kind of reward loss, its terms beside it, and dropout.</summary>
public sealed record RewardSettings
{
    /// <summary>Plackett–Luce over each example's responses, best first, in place of the loss of its comparisons.</summary>
    public bool Listwise { get; init; }

    /// <summary>c of c·(r_c + r_r)²; 0: none.</summary>
    public double Centring { get; init; }

    /// <summary>λ of λ·CE(y_c | x); 0: none.</summary>
    public double LanguageModel { get; init; }

    public Contrast Contrast { get; init; }
    public ContrastOn ContrastOn { get; init; }

    /// <summary>β, the weight of the contrastive term.</summary>
    public double Beta { get; init; } = 1;

    /// <summary>τ.</summary>
    public double Temperature { get; init; } = 0.05;

    /// <summary>K of SwAV.</summary>
    public int Prototypes { get; init; } = 20;

    public double SinkhornEpsilon { get; init; } = 0.05;
    public int SinkhornIterations { get; init; } = 3;

    /// <summary>Past features that help SwAV's codes where a batch is smaller than K; 0: none.</summary>
    public int Queue { get; init; }

    /// <summary>Dropout while training; with a contrastive term it makes the two views.</summary>
    public double Dropout { get; init; }

    /// <summary>Seed of the prototypes' first values.</summary>
    public ulong Seed { get; init; }
}
