namespace DataflowRlhf.Learning.Training;

/// <summary>
/// Tells a loss that explodes from one that is noisy: one step above ten thousand times the first, or eight in a row above ten times the median of the
/// last 128 calm ones, or, before there are eight of these, above a hundred times the first. Losses below 1 count as 1, so that a small loss may rise.
/// </summary>
public sealed class LossWatch
{
    private const double Jump = 1e4, Rise = 10, EarlyRise = 100;
    private const int Patience = 8, Window = 128;
    private readonly Queue<double> calm = [];
    private double? first;
    private int high;

    /// <summary>No loss is out of the ordinary: a state worth keeping.</summary>
    public bool Calm => high == 0;

    /// <summary>Steps in a row, up to the last one seen, whose loss was out of the ordinary: the states before them are not to be gone on from.</summary>
    public int Odd => high;

    /// <summary>Looks at the next step's loss; returns what is wrong with it in words, or null.</summary>
    /// <param name="loss">Any number; its size counts.</param>
    public string? See(double loss)
    {
        if (!double.IsFinite(loss))
        {
            high++;
            return "it must be finite";
        }
        var size = Math.Max(1, Math.Abs(loss));
        if (first is { } start && size > Jump * start)
        {
            high++;
            return FormattableString.Invariant($"the first was {start:G4} or less, and it must not explode");
        }
        first ??= size;
        var (rise, of, usual) = calm.Count < Patience ? (EarlyRise, "the first", first.Value) : (Rise, "the median", size > Rise ? calm.Order().ElementAt(calm.Count / 2) : size);
        if (size <= rise * usual)
        {
            high = 0;
            calm.Enqueue(size);
            if (calm.Count > Window)
                calm.Dequeue();
            return null;
        }
        return ++high < Patience ? null : FormattableString.Invariant($"{Patience} steps in a row are above {rise} times {of} of {usual:G4}, and it must not explode");
    }
}
