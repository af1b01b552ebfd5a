using System.Globalization;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>A running stage's meter in few words.</summary>
internal static class MeterText
{
    private const double Often = 0.01;
    private const double Settled = 0.5;
    private const double Thousands = 20_000;

    /// <summary>"1,234 rows/s · 46k tokens/s"; empty in the first half second.</summary>
    /// <param name="done">Of the unit that the stage itself tells, or null: its rows.</param>
    /// <param name="pace">Of that unit a second; null: as the whole attempt has it.</param>
    public static string Rates(StageMeter meter, (long Done, string Unit)? done, double? pace)
    {
        if (meter.Seconds < Settled)
            return "";
        var counted = new List<(long Count, string Unit)>();
        if (done is { Done: > 0 } told)
            counted.Add(told);
        else if (meter.Rows > 0)
            counted.Add((meter.Rows, "rows"));
        counted.AddRange(meter.Counts.Where(c => c.Value > 0 && c.Key != counted.FirstOrDefault().Unit).Select(c => (c.Value, c.Key)));
        return string.Join(" · ", counted.Select((c, i) => $"{Rate(i == 0 && pace is { } known ? known : c.Count / meter.Seconds)} {c.Unit}/s"));
    }

    /// <summary>"queue 3, 12 MB · blocked 12% · starved 3%": only what there is.</summary>
    public static string Waits(StageMeter meter)
    {
        var parts = new List<string>(3);
        if (meter.QueuedBatches > 0)
            parts.Add($"queue {meter.QueuedBatches}, {Outlook.Size(meter.QueuedBytes)}");
        if (Share(meter.BlockedSeconds, meter) is { } blocked)
            parts.Add($"blocked {blocked}");
        if (Share(meter.StarvedSeconds, meter) is { } starved)
            parts.Add($"starved {starved}");
        return string.Join(" · ", parts);
    }

    private static string? Share(double seconds, StageMeter meter) =>
        meter.Seconds > Settled && seconds > Often * meter.Seconds ? (seconds / meter.Seconds).ToString("P0", CultureInfo.InvariantCulture).Replace(" ", "", StringComparison.Ordinal) : null;

    private static string Rate(double rate) => rate < Thousands ? rate.ToString(rate < 100 ? "0.#" : "#,0", CultureInfo.InvariantCulture) : rate < 1e6 ? (rate / 1e3).ToString("0", CultureInfo.InvariantCulture) + "k" : (rate / 1e6).ToString("0.0", CultureInfo.InvariantCulture) + "M";
}
