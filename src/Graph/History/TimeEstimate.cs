using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>How long a stage may take, by what it took before.</summary>
/// <param name="Time">The middle one of those runs, scaled by rows and steps.</param>
/// <param name="Runs">How many runs it is drawn from.</param>
/// <param name="Rough">They had other options, or other rows by far.</param>
public sealed record TimeEstimate(TimeSpan Time, int Runs, bool Rough)
{
    /// <summary><c>&lt; 1 s</c>, <c>12 s</c>, <c>3 min</c>, <c>2.5 h</c>, <c>3 days</c>: no finer than an estimate is.</summary>
    public static string Words(TimeSpan time) => time.TotalSeconds switch
    {
        < 1 => "< 1 s",
        < 90 => Number(time.TotalSeconds, "0") + " s",
        < 90 * 60 => Number(time.TotalMinutes, "0") + " min",
        < 48 * 3600 => Number(time.TotalHours, "0.0") + " h",
        _ => Number(time.TotalDays, "0") + " days",
    };

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
