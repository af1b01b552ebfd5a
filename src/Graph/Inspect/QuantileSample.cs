namespace DataflowRlhf.Graph;

/// <summary>Quantiles of a stream: exact up to 65,536 values, then of an even sample of so many (within about half a percent of the rank).</summary>
internal sealed class QuantileSample
{
    private const int Kept = 65_536;
    private readonly List<double> sample = [];
    private ulong chance = 16; // The same rows give the same sample.
    private long seen;

    public void Add(double value)
    {
        seen++;
        if (sample.Count < Kept)
        {
            sample.Add(value);
            return;
        }
        chance += 0x9E3779B97F4A7C15;
        var mixed = (chance ^ (chance >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        var place = Math.BigMul(mixed ^ (mixed >> 31), (ulong)seen, out _);
        if (place < Kept)
            sample[(int)place] = value;
    }

    public bool Exact => seen <= Kept;

    /// <summary>The values at these shares, by linear interpolation; empty where there is none.</summary>
    public IReadOnlyList<double> At(params ReadOnlySpan<double> shares)
    {
        if (sample.Count == 0)
            return [];
        sample.Sort();
        var values = new double[shares.Length];
        for (var i = 0; i < shares.Length; i++)
        {
            var at = shares[i] * (sample.Count - 1);
            var (low, high) = (sample[(int)at], sample[Math.Min(sample.Count - 1, (int)at + 1)]);
            values[i] = low == high ? low : low + (at - Math.Floor(at)) * (high - low);
        }
        return values;
    }
}
