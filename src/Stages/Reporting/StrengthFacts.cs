using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reporting;

/// <summary>What a dataset with strengths tells: the histogram of μ̂ (paper Fig. 1), mean and std in 20 groups (Fig. 2), and, where the truth is planted, how well flips and strengths find wrong labels.</summary>
internal sealed class StrengthFacts
{
    private const int Groups = 20, Bins = 40;

    public string Stage { get; private init; } = "";
    public int Rows { get; private init; }
    public double BelowZero { get; private init; }
    public IReadOnlyList<double> Edges { get; private init; } = [];
    public IReadOnlyList<int> Counts { get; private init; } = [];
    public IReadOnlyList<double> StdEdges { get; private init; } = [];
    public IReadOnlyList<int> StdCounts { get; private init; } = [];
    public IReadOnlyList<(double X, double Y)> GroupMean { get; private init; } = [];
    public IReadOnlyList<(double X, double Y)> GroupStd { get; private init; } = [];

    public IReadOnlyList<int> GroupRows { get; private init; } = [];

    /// <summary>Share of right labels in each group (paper Fig. 3, with the planted truth as judge); null without it.</summary>
    public IReadOnlyList<double>? GroupRight { get; private init; }

    /// <summary>AUC of −μ̂ for "the label is wrong"; null without planted truth.</summary>
    public double? NoiseAuc { get; private init; }
    public double? WrongShare { get; private init; }

    /// <summary>Flips of relabel against the truth; null where nothing was flipped or there is no truth.</summary>
    public (int Flipped, double Precision, double Recall)? Flips { get; private init; }

    /// <summary>Reads the training rows; null where there are none.</summary>
    public static async Task<StrengthFacts?> ReadAsync(ArtifactInput artifact, CancellationToken stopping)
    {
        var (means, stds, wrong, flipped) = (new List<float>(), new List<float>(), new List<bool>(), new List<bool>());
        await foreach (var batch in artifact.Read(stopping))
        {
            if (!batch.Has(Columns.StrengthMean) || !batch.Has(Columns.StrengthStd))
                return null;
            var split = batch.Has(Columns.Split) ? batch.Get(Columns.Split) : null;
            var (mean, std) = (batch.Get(Columns.StrengthMean), batch.Get(Columns.StrengthStd));
            var truth = batch.Has(Columns.TruthFlipped) ? batch.Get(Columns.TruthFlipped) : null;
            var flips = batch.Has(Columns.Relabeled) ? batch.Get(Columns.Relabeled) : null;
            for (var row = 0; row < batch.Rows; row++)
            {
                if ((split?[row] ?? "train") != "train")
                    continue;
                // A flipped row's strength changed its sign with it: the label as it came is what is looked at here.
                var was = flips?[row] == true ? -mean[row] : mean[row];
                means.Add(was);
                stds.Add(std[row]);
                if (truth is not null)
                    wrong.Add(truth[row]);
                if (flips is not null)
                    flipped.Add(flips[row]);
            }
        }
        return means.Count == 0 ? null : Of(artifact.Stage, [.. means], [.. stds], [.. wrong], [.. flipped]);
    }

    /// <param name="means">μ̂ of each row, as its label came.</param>
    /// <param name="stds">σ̂ of each row.</param>
    /// <param name="wrong">Whether each label is wrong; empty where nobody knows.</param>
    /// <param name="flipped">Whether relabel flipped each row; empty before that.</param>
    internal static StrengthFacts Of(string stage, float[] means, float[] stds, bool[] wrong, bool[] flipped)
    {
        var order = Enumerable.Range(0, means.Length).OrderBy(i => means[i]).ThenBy(i => i).ToArray();
        var groups = Math.Min(Groups, means.Length);
        var parts = Enumerable.Range(0, groups).Select(g => order[(int)((long)g * means.Length / groups)..(int)((long)(g + 1) * means.Length / groups)]).ToArray();
        var (edges, counts) = Bin(means);
        var spread = Bin(stds);
        var known = wrong.Length == means.Length && wrong.Contains(true) && wrong.Contains(false);
        return new StrengthFacts
        {
            Stage = stage,
            Rows = means.Length,
            BelowZero = means.Count(m => m < 0) / (double)means.Length,
            Edges = edges,
            Counts = counts,
            StdEdges = spread.Edges,
            StdCounts = spread.Counts,
            GroupMean = [.. parts.Select((p, g) => (g + 1.0, p.Average(i => (double)means[i])))],
            GroupStd = [.. parts.Select((p, g) => (g + 1.0, p.Average(i => (double)stds[i])))],
            GroupRows = [.. parts.Select(p => p.Length)],
            GroupRight = known ? [.. parts.Select(p => p.Count(i => !wrong[i]) / (double)p.Length)] : null,
            NoiseAuc = known ? NoiseFacts.Auc(means, wrong) : null,
            WrongShare = known ? wrong.Count(w => w) / (double)wrong.Length : null,
            Flips = known && flipped.Length == wrong.Length ? NoiseFacts.Flips(flipped, wrong) : null,
        };
    }

    /// <summary>Equal bins whose edges include 0, so that a bar is on one side of the voters' tie.</summary>
    private static (double[] Edges, int[] Counts) Bin(float[] means)
    {
        var (low, high) = (Math.Min(0, means.Min()), Math.Max(0, means.Max()));
        var width = Math.Max((high - low) / Bins, 1e-6);
        var first = (int)Math.Floor(low / width);
        var bins = (int)Math.Floor(high / width) - first + 1;
        var counts = new int[bins];
        foreach (var mean in means)
            counts[Math.Clamp((int)Math.Floor(mean / width) - first, 0, bins - 1)]++;
        return ([.. Enumerable.Range(first, bins + 1).Select(i => i * width)], counts);
    }
}
