namespace DataflowRlhf.Learning.Statistics;

/// <summary>A win rate with its 95 % interval.</summary>
/// <param name="Rate">(wins + ½ ties) / all.</param>
/// <param name="Low">Wilson's lower bound.</param>
/// <param name="High">Wilson's upper bound.</param>
public sealed record WinRate(double Rate, double Low, double High)
{
    private const double Z = 1.959963984540054;

    /// <summary>Wilson's score interval (1927) with ties counting one half. 10 wins of 10: 1, from 0.722 to 1.</summary>
    /// <exception cref="ArgumentException">Nothing was compared.</exception>
    public static WinRate Of(int win, int tie, int lose)
    {
        double n = win + tie + lose;
        if (n == 0)
            throw new ArgumentException("A win rate needs at least one comparison.");
        var rate = (win + (tie / 2.0)) / n;
        var centre = (rate + (Z * Z / (2 * n))) / (1 + (Z * Z / n));
        var reach = Z / (1 + (Z * Z / n)) * Math.Sqrt((rate * (1 - rate) / n) + (Z * Z / (4 * n * n)));
        return new(rate, Math.Max(0, centre - reach), Math.Min(1, centre + reach));
    }
}
