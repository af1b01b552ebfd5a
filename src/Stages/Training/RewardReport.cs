using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

[assembly: InternalsVisibleTo("Stages.Tests")]

namespace DataflowRlhf.Stages.Training;

/// <summary>What can be said of a reward model from its differences d on labelled pairs.</summary>
internal static class RewardReport
{
    private const int Bins = 10;

    /// <param name="rows">The pairs.</param>
    /// <param name="differences">r(chosen) − r(rejected) of each.</param>
    /// <param name="groups">Groups by strength where rows carry a strength but no decile.</param>
    public static IEnumerable<(string Name, JsonNode? Value)> Of(IReadOnlyList<PairRow> rows, IReadOnlyList<float> differences, int groups)
    {
        var all = Enumerable.Range(0, rows.Count).ToList();
        yield return ("rows", rows.Count);
        yield return ("original", Accuracy(all, differences, _ => false));
        var judged = all.Where(i => rows[i].TruthFlipped is not null).ToList();
        if (judged.Count > 0)
        {
            yield return ("truth", Accuracy(judged, differences, i => rows[i].TruthFlipped == true));
            var agreed = judged.Where(i => rows[i].TruthFlipped == false).ToList();
            if (agreed.Count > 0)
                yield return ("agreement", Accuracy(agreed, differences, _ => false));
            yield return ("agreement_rows", agreed.Count);
        }
        yield return ("mean_margin", differences.Average(d => (double)d));
        yield return ("loss", differences.Average(d => Loss(d)));
        yield return ("calibration_error", CalibrationError(differences));
        if (ByStrength(rows, groups) is { } byStrength)
            yield return ("by_group", new JsonArray([.. byStrength.Select(g => Group(g.Group, g.Rows, rows, differences))]));
    }

    /// <summary>Share of pairs ordered as labelled, a tie counting one half.</summary>
    public static double Accuracy(IReadOnlyList<int> at, IReadOnlyList<float> differences, Func<int, bool> flipped) =>
        at.Average(i => differences[i] == 0 ? 0.5 : differences[i] > 0 != flipped(i) ? 1 : 0);

    /// <summary>
    /// Expected calibration error: pairs in ten bins of confidence σ(|d|), from ½ to 1; the mean distance between a bin's confidence and its accuracy,
    /// weighted by its pairs (Guo et al. 2017, (3)).
    /// </summary>
    public static double CalibrationError(IReadOnlyList<float> differences)
    {
        var sums = new (double Confidence, double Right, int Count)[Bins];
        foreach (var d in differences)
        {
            var confidence = 1 / (1 + Math.Exp(-Math.Abs((double)d)));
            ref var bin = ref sums[Math.Min(Bins - 1, (int)((confidence - 0.5) * 2 * Bins))];
            bin = (bin.Confidence + confidence, bin.Right + (d > 0 ? 1 : d == 0 ? 0.5 : 0), bin.Count + 1);
        }
        return sums.Sum(b => Math.Abs(b.Confidence - b.Right)) / differences.Count;
    }

    /// <summary>−log σ(d), from whichever side does not overflow.</summary>
    private static double Loss(double d) => d > 0 ? Math.Log(1 + Math.Exp(-d)) : -d + Math.Log(1 + Math.Exp(d));

    private static List<(int Group, List<int> Rows)>? ByStrength(IReadOnlyList<PairRow> rows, int groups)
    {
        var all = Enumerable.Range(0, rows.Count);
        if (rows.All(r => r.Decile is not null))
            return all.GroupBy(i => rows[i].Decile!.Value).OrderBy(g => g.Key).Select(g => (g.Key, g.ToList())).ToList();
        if (!rows.All(r => r.Strength is not null))
            return null;
        return all.OrderBy(i => rows[i].Strength).Select((i, rank) => (Row: i, Group: (int)((long)rank * groups / rows.Count)))
            .GroupBy(p => p.Group).Select(g => (g.Key, g.Select(p => p.Row).ToList())).ToList();
    }

    private static JsonNode Group(int group, List<int> at, IReadOnlyList<PairRow> rows, IReadOnlyList<float> differences)
    {
        var node = new JsonObject
        {
            ["group"] = group,
            ["accuracy"] = Accuracy(at, differences, _ => false),
            ["rows"] = at.Count,
            ["mean_margin"] = at.Average(i => (double)differences[i]),
        };
        if (at.All(i => rows[i].TruthFlipped is not null))
            node["truth"] = Accuracy(at, differences, i => rows[i].TruthFlipped == true);
        if (at.All(i => rows[i].Strength is not null))
            node["strength"] = at.Average(i => (double)rows[i].Strength!.Value);
        return node;
    }
}
