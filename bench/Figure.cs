using System.Diagnostics;

namespace DataflowRlhf.Bench;

/// <summary>One measurement: the median, least and most of several runs.</summary>
internal sealed record Figure(string Name, string Unit, double Median, double Min, double Max, int Runs)
{
    /// <summary>Runs <paramref name="work"/> once to warm up and then several times; <paramref name="amount"/> a second is the figure.</summary>
    public static Figure Rate(string name, string unit, double amount, Action work, int runs = 5)
    {
        work();
        return Of(name, unit, [.. Enumerable.Range(0, runs).Select(_ => amount / Seconds(work))]);
    }

    public static Figure Of(string name, string unit, double[] values)
    {
        Array.Sort(values);
        return new Figure(name, unit, Math.Round(values[values.Length / 2], 3), Math.Round(values[0], 3), Math.Round(values[^1], 3), values.Length);
    }

    public static double Seconds(Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed.TotalSeconds;
    }
}
