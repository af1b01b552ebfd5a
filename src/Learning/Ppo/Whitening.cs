namespace DataflowRlhf.Learning.Ppo;

/// <summary>Brings numbers to mean 0 and standard deviation 1, over real tokens only: padding never enters, for there is none.</summary>
public static class Whitening
{
    /// <summary>(x − mean) / √(variance + 10⁻⁸), the variance over n − 1.</summary>
    public static void InPlace(Span<float> values)
    {
        if (values.Length == 0)
            return;
        double mean = 0, squares = 0;
        foreach (var value in values)
            mean += value;
        mean /= values.Length;
        foreach (var value in values)
            squares += (value - mean) * (value - mean);
        var scale = 1 / Math.Sqrt((squares / Math.Max(1, values.Length - 1)) + 1e-8);
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)((values[i] - mean) * scale);
    }
}
