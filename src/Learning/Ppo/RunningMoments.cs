namespace DataflowRlhf.Learning.Ppo;

/// <summary>Mean and standard deviation of all that was seen (Welford 1962).</summary>
public sealed class RunningMoments
{
    private double squares;

    public long Count { get; private set; }
    public double Mean { get; private set; }

    /// <summary>Population variance; 0 before two values were seen.</summary>
    public double Variance => Count < 2 ? 0 : squares / Count;

    /// <summary>Population standard deviation; 1 where nothing varies yet, so that it can divide.</summary>
    public double Std => Variance <= 0 ? 1 : Math.Sqrt(Variance);

    /// <summary>Count, mean and sum of squares, for a checkpoint.</summary>
    internal double[] State
    {
        get => [Count, Mean, squares];
        set => (Count, Mean, squares) = ((long)value[0], value[1], value[2]);
    }

    public void Add(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
        {
            Count++;
            var delta = value - Mean;
            Mean += delta / Count;
            squares += delta * (value - Mean);
        }
    }
}
