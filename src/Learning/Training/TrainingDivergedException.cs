using System.Globalization;

namespace DataflowRlhf.Learning.Training;

/// <summary>The loss, the gradient or the weights became not a number, infinite or absurd. The checkpoints that were kept are from before.</summary>
public sealed class TrainingDivergedException : Exception
{
    private TrainingDivergedException(long step, string text)
        : base(text) => Step = step;

    /// <summary>The step or iteration that failed, from 1.</summary>
    public long Step { get; }

    /// <summary>What went wrong where.</summary>
    /// <param name="Unit">What is counted: Step or Iteration.</param>
    /// <param name="Step">The one that failed, from 1.</param>
    /// <param name="Total">Of how many.</param>
    /// <param name="Kept">The newest checkpoint, by its number; null: none.</param>
    public sealed record Place(string Unit, long Step, long Total, long? Kept);

    /// <summary>Training made it so.</summary>
    /// <param name="problem">Such as <c>the loss is NaN at learning rate 0.1; it must be finite</c>.</param>
    /// <param name="advice">What to try.</param>
    public static TrainingDivergedException Of(Place place, string problem, string advice)
    {
        var c = CultureInfo.InvariantCulture;
        var kept = place.Kept is { } number
            ? string.Create(c, $" The checkpoint of {place.Unit.ToLowerInvariant()} {number} is kept: the same command goes on from there, a changed option starts anew.")
            : "";
        return new(place.Step, string.Create(c, $"{place.Unit} {place.Step} of {place.Total}: {problem}. {advice}{kept}"));
    }

    /// <summary>No step has changed what the value was made from, so that no learning rate mends it.</summary>
    public static TrainingDivergedException Given(Place place, string what, double value) => new(place.Step, string.Create(CultureInfo.InvariantCulture,
        $"{place.Unit} {place.Step} of {place.Total}: the {what} is {value:G4}; it must be finite. No step of this training made it so: ")
        + "look whether the weights of the model it starts from hold values that are no numbers, and at the rows for odd margins.");
}
