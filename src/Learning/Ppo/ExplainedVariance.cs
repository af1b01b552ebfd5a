namespace DataflowRlhf.Learning.Ppo;

/// <summary>How much of the returns the values foresee.</summary>
public static class ExplainedVariance
{
    /// <summary>1 − Var(R − V) / Var(R); 1 is perfect, 0 no better than a constant. 0 where returns do not vary.</summary>
    public static double Of(ReadOnlySpan<float> values, ReadOnlySpan<float> returns)
    {
        var (errors, all) = (new RunningMoments(), new RunningMoments());
        Span<float> one = stackalloc float[1];
        for (var i = 0; i < values.Length; i++)
        {
            one[0] = returns[i] - values[i];
            errors.Add(one);
            one[0] = returns[i];
            all.Add(one);
        }
        var spread = all.Variance;
        return spread < 1e-12 ? 0 : 1 - (errors.Variance / spread);
    }
}
