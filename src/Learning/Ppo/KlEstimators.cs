using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Ppo;

/// <summary>Estimates of KL(π ‖ π_ref) from one sampled token, l = log π − log π_ref (Schulman 2020).</summary>
public static class KlEstimators
{
    /// <summary>l: unbiased, may be negative.</summary>
    public static double K1(double logRatio) => logRatio;

    /// <summary>l² / 2: biased, low variance.</summary>
    public static double K2(double logRatio) => logRatio * logRatio / 2;

    /// <summary>exp(−l) − 1 + l: unbiased, never negative.</summary>
    public static double K3(double logRatio) => Math.Exp(-logRatio) - 1 + logRatio;

    /// <summary>l² / 2 of each token; its gradient pulls log π towards log π_ref.</summary>
    /// <param name="logRatio">log π − log π_ref, (tokens).</param>
    public static Tensor K2(Tensor logRatio) => logRatio.square() / 2;

    /// <summary>exp(−l) − 1 + l of each token.</summary>
    public static Tensor K3(Tensor logRatio) => logRatio.neg().exp() - 1 + logRatio;
}
