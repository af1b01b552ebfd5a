namespace DataflowRlhf.Stages.Reporting;

/// <summary>How well strengths and flips find planted wrong labels.</summary>
internal static class NoiseFacts
{
    /// <summary>
    /// Area under the ROC curve of −μ̂ as detector: the chance that a wrong label has a lower strength than a right one, equal strengths counting one half (Mann–Whitney).
    /// Null where all labels are wrong, or none. Example: strengths −1, 0, 2, the first wrong: 1; the last wrong: 0.
    /// </summary>
    public static double? Auc(IReadOnlyList<float> means, IReadOnlyList<bool> wrong)
    {
        double wins = 0, wrongBelow = 0;
        foreach (var equal in Enumerable.Range(0, means.Count).GroupBy(i => means[i]).OrderBy(g => g.Key))
        {
            double wrongHere = equal.Count(i => wrong[i]), rightHere = equal.Count() - wrongHere;
            wins += rightHere * (wrongBelow + wrongHere / 2);
            wrongBelow += wrongHere;
        }
        var right = means.Count - wrongBelow;
        return wrongBelow == 0 || right == 0 ? null : wins / (wrongBelow * right);
    }

    /// <summary>Flips against the truth: their number, the share of them that was right, and the share of the wrong labels that they found. Null where nothing was flipped or no label is wrong.</summary>
    public static (int Flipped, double Precision, double Recall)? Flips(IReadOnlyList<bool> flipped, IReadOnlyList<bool> wrong)
    {
        var (all, bad) = (flipped.Count(f => f), wrong.Count(w => w));
        if (all == 0 || bad == 0)
            return null;
        var right = flipped.Zip(wrong, (f, w) => f && w).Count(b => b);
        return (all, right / (double)all, right / (double)bad);
    }
}
