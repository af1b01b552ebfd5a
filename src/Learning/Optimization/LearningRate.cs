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
            LearningRateSchedule.Linear => Math.Max(0, 1 - progress),
            LearningRateSchedule.Cosine => Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * progress))),
            LearningRateSchedule.InverseSqrt => Math.Sqrt(Math.Max(1, warmUp) / (double)Math.Max(1, Math.Max(step, warmUp))),
            _ => 1,
        };
    }
}
