namespace DataflowRlhf.Learning.Ppo;

/// <summary>Mean and standard deviation of all that was seen (Welford 1962).</summary>
public sealed class RunningMoments
{
    private double squares;

    public long Count { get; private set; }
    public double Mean { get; private set; }

    /// <summary>Population standard deviation; 1 before two values were seen.</summary>
    public double Std => Count < 2 || squares <= 0 ? 1 : Math.Sqrt(squares / Count);

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
