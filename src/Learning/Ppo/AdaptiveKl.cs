namespace DataflowRlhf.Learning.Ppo;

/// <summary>A KL coefficient that steers towards a target (Ziegler et al. 2019).</summary>
public static class AdaptiveKl
{
    private const double Horizon = 10_000;

    /// <summary>η (1 + clamp(KL/target − 1, ±0.2) · n / horizon).</summary>
    /// <param name="kl">Of this iteration, nats a response.</param>
    /// <param name="responses">n, responses of this iteration.</param>
    public static double Next(double coefficient, double kl, double target, int responses) =>
        coefficient * (1 + (Math.Clamp((kl / target) - 1, -0.2, 0.2) * responses / Horizon));
}
