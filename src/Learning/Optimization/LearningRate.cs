namespace DataflowRlhf.Learning.Optimization;

/// <summary>How a learning rate falls after its warm-up.</summary>
public enum LearningRateSchedule
{
    Linear,
    Cosine,
    InverseSqrt,
    Constant,
}

/// <summary>A warm-up from 0 to the peak, then a fall; the values of transformers' schedules.</summary>
/// <param name="Peak">The highest rate.</param>
/// <param name="WarmUp">Share of the steps that it takes to get there, in [0, 1].</param>
public sealed record LearningRate(double Peak, LearningRateSchedule Schedule, double WarmUp)
{
    /// <summary>The share of the peak at which a linear or cosine fall ends, in [0, 1]. Default: 0.</summary>
    public double Floor { get; init; }

    /// <summary>A linear fall to this power: 2 is transformers' polynomial. Default: 1.</summary>
    public double Power { get; init; } = 1;

    /// <summary>Waves of a cosine; ½ falls once and does not rise again. Default: ½.</summary>
    public double Cycles { get; init; } = 0.5;

    /// <summary>The rate of a step.</summary>
    /// <param name="step">Steps done, from 0.</param>
    /// <param name="total">Steps in all.</param>
    public double At(long step, long total) => At(step, total, (long)Math.Ceiling(WarmUp * total));

    /// <summary>As above, with the warm-up in steps.</summary>
    public double At(long step, long total, long warmUp)
    {
        if (step < warmUp)
            return Peak * step / warmUp;
        var progress = (double)(step - warmUp) / Math.Max(1, total - warmUp);
        return Peak * Schedule switch
        {
            LearningRateSchedule.Linear => Above(Math.Pow(Math.Max(0, 1 - progress), Power)),
            LearningRateSchedule.Cosine => Above(0.5 * (1 + Math.Cos(2 * Math.PI * Cycles * progress))),
            LearningRateSchedule.InverseSqrt => Math.Sqrt(Math.Max(1, warmUp) / (double)Math.Max(1, Math.Max(step, warmUp))),
            _ => 1,
        };
    }

    private double Above(double share) => Floor + ((1 - Floor) * Math.Max(0, share));
}
