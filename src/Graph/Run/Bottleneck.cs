using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>Which stage the others of a run waited for most.</summary>
internal static class Bottleneck
{
    private const double WorthTelling = 0.05;

    /// <summary>Such as: "The stages beside it waited longest for 'tokens': 'clean' 12.3 s (41 % of the run)."; empty where nobody waited for a twentieth of the run.</summary>
    /// <param name="edges">What flowed.</param>
    /// <param name="seconds">The whole run.</param>
    public static string Of(IReadOnlyList<EdgeMeter> edges, double seconds)
    {
        var waits = edges.SelectMany(e => new[] { (Who: e.To, For: e.From, Seconds: e.StarvedSeconds), (Who: e.From, For: e.To, Seconds: e.BlockedSeconds) })
            .Where(w => w.Who != "store" && !w.Who.EndsWith("(store)", StringComparison.Ordinal)).ToList();
        // Who waits is not to blame for those that wait for it.
        double Waited(string stage) => waits.Where(w => w.Who == stage).Sum(w => w.Seconds);
        double Blame(string stage) => waits.Where(w => w.For == stage).Sum(w => w.Seconds) - Waited(stage);
        var worst = waits.Select(w => w.For).Distinct().Select(stage => (Stage: stage, Seconds: Blame(stage))).OrderByDescending(w => w.Seconds).FirstOrDefault();
        if (worst.Stage is null || worst.Seconds < Math.Max(0.1, WorthTelling * seconds))
            return "";
        var most = waits.Where(w => w.For == worst.Stage).MaxBy(w => w.Seconds);
        var who = worst.Stage == "store" ? "the store's disk" : worst.Stage.EndsWith("(store)", StringComparison.Ordinal) ? $"the store to read '{worst.Stage[..^8]}'" : $"'{worst.Stage}'";
        return string.Create(CultureInfo.InvariantCulture, $"The bottleneck of the streams was {who}: '{most.Who}' waited {most.Seconds:0.0} s for it ({most.Seconds / seconds:P0} of the run).");
    }
}
