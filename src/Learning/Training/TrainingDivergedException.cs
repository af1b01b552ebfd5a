using System.Globalization;

namespace DataflowRlhf.Learning.Training;

/// <summary>The loss or the gradient became not a number, infinite or absurd; the weights are those before the step.</summary>
/// <param name="step">The step that failed, from 1.</param>
/// <param name="total">Steps in all.</param>
/// <param name="what">What has the value.</param>
/// <param name="value">The value that stopped the training.</param>
/// <param name="rate">The step's learning rate.</param>
/// <param name="given">No step has changed what the value was made from, so that no learning rate mends it.</param>
public sealed class TrainingDivergedException(long step, long total, string what, double value, double rate, bool given = false) : Exception(Text(step, total, what, value, rate, given))
{
    /// <summary>The step that failed, from 1.</summary>
    public long Step { get; } = step;

    private static string Text(long step, long total, string what, double value, double rate, bool given)
    {
        var c = CultureInfo.InvariantCulture;
        if (given)
            return string.Create(c, $"Step {step} of {total}: the {what} is {value:G4}; it must be finite. No step of this training made it so: ")
                + "look whether the weights of the model it starts from hold values that are no numbers, and at the rows for odd margins.";
        return string.Create(c, $"Step {step} of {total}: the {what} is {value:G4} at learning rate {rate:G4}; it must be finite and not explode. ")
            + string.Create(c, $"Try a smaller learning-rate (such as {rate / 5:G2}), a longer warm-up or a smaller clip-norm, and look at the rows for odd margins.");
    }
}
