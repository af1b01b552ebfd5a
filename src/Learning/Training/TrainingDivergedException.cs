using System.Globalization;

namespace DataflowRlhf.Learning.Training;

/// <summary>The loss or the gradient became not a number, infinite or absurd; the weights are those before the step.</summary>
public sealed class TrainingDivergedException(long step, long total, string what, double value, double rate) : Exception(Text(step, total, what, value, rate))
{
    /// <summary>The step that failed, from 1.</summary>
    public long Step { get; } = step;

    private static string Text(long step, long total, string what, double value, double rate)
    {
        var c = CultureInfo.InvariantCulture;
        return string.Create(c, $"Step {step} of {total}: the {what} is {value:G4} at learning rate {rate:G4}; it must be finite and not explode. ")
            + string.Create(c, $"Try a smaller learning-rate (such as {rate / 5:G2}), a longer warm-up or a smaller clip-norm, and look at the rows for odd margins.");
    }
}
