using System.Globalization;
using System.Text.Json.Nodes;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Strength;
using DataflowRlhf.Stages.Reporting;

namespace DataflowRlhf.Stages;

/// <summary>
/// Preference strength (paper 2.2): mean and population standard deviation over the voters of r(chosen) − r(rejected), rank and decile of the mean, and the share of
/// voters that agree with the label. Ranks are among the rows of split <c>train</c>, where there is such a split, else among all rows; the other rows are placed
/// against them, so that a decile means the same strength everywhere. Rows whose scores are no ensemble's are put aside.
/// </summary>
[Stage("annotate-strength", "Adds how strongly the voters prefer chosen to rejected: mean, std, rank, decile, agreement.")]
[Example(Examples.Strength)]
public sealed class AnnotateStrength(AnnotateStrength.Options options) : Stage
{
    public sealed record Options;

    public override StagePorts Ports => new(
        [new DatasetPort("pairs", Columns.ChosenScores, Columns.RejectedScores) { Streams = false }],
        Output.Through("pairs", Columns.StrengthMean, Columns.StrengthStd, Columns.StrengthQuantile, Columns.StrengthDecile, Columns.VoterAgreement));

    public override async Task RunAsync(IStageRun run)
    {
        _ = options;
        var (all, ranked, voters) = await RankedAsync(run);
        if (voters == 0)
            throw new StageException("No row has scores: 'pairs' is empty, or every row was put aside. score-ensemble adds them.");
        if (voters == 1)
            run.Warn("There is one voter only: strength_std is 0 everywhere. Give score-ensemble more models:  models: voter[*]");
        var reference = (float[])ranked.Means.Clone();
        Array.Sort(reference);
        long done = 0;
        await foreach (var batch in run.Read("pairs"))
        {
            run.Stopping.ThrowIfCancellationRequested();
            await run.EmitAsync(Annotated(batch, reference, voters, run));
            run.Progress(done += batch.Rows, all, "rows");
        }
        Summarize(run, ranked, all, voters);
    }

    /// <summary>A first look at all rows: the strengths that ranks are among.</summary>
    private static async Task<(long All, Strengths Ranked, int Voters)> RankedAsync(IStageRun run)
    {
        var (train, rest) = (new StrengthList(), new StrengthList());
        var voters = 0;
        await foreach (var batch in run.Read("pairs"))
        {
            run.Stopping.ThrowIfCancellationRequested();
            var (chosen, rejected) = (batch.Get(Columns.ChosenScores), batch.Get(Columns.RejectedScores));
            var split = batch.Has(Columns.Split) ? batch.Get(Columns.Split) : null;
            var truth = batch.Has(Columns.TruthFlipped) ? batch.Get(Columns.TruthFlipped) : null;
            for (var row = 0; row < batch.Rows; row++)
            {
                if (Problem(chosen[row], rejected[row], voters) is not null)
                    continue;
                voters = chosen[row].Length;
                var (mean, std, _) = EnsembleStrength.Of(chosen[row], rejected[row]);
                ((split?[row] ?? "train") == "train" ? train : rest).Add(mean, std, truth?[row]);
            }
        }
        return (train.Count + rest.Count, (train.Count > 0 ? train : rest).Done(), voters);
    }

    private static Batch Annotated(Batch batch, float[] reference, int voters, IStageRun run)
    {
        var (chosen, rejected) = (batch.Get(Columns.ChosenScores), batch.Get(Columns.RejectedScores));
        var kept = new List<int>(batch.Rows);
        for (var row = 0; row < batch.Rows; row++)
        {
            if (Problem(chosen[row], rejected[row], voters) is { } problem)
                run.Quarantine(batch, row, problem);
            else
                kept.Add(row);
        }
        var strengths = kept.Select(row => EnsembleStrength.Of(chosen[row], rejected[row])).ToArray();
        var quantiles = strengths.Select(s => Below(reference, s.Mean) / (float)reference.Length).ToArray();
        return (kept.Count == batch.Rows ? batch : batch.Select([.. kept]))
            .With(Columns.StrengthMean, [.. strengths.Select(s => s.Mean)])
            .With(Columns.StrengthStd, [.. strengths.Select(s => s.Std)])
            .With(Columns.StrengthQuantile, quantiles)
            .With(Columns.StrengthDecile, [.. strengths.Select(s => (int)Math.Min(9, 10L * Below(reference, s.Mean) / reference.Length))])
            .With(Columns.VoterAgreement, [.. strengths.Select(s => s.Agreement)]);
    }

    /// <param name="voters">Scores that other rows have; 0: any number will do.</param>
    private static string? Problem(float[] chosen, float[] rejected, int voters) =>
        chosen.Length == 0 || chosen.Length != rejected.Length ? $"{chosen.Length} chosen_scores and {rejected.Length} rejected_scores; each voter gives one of both"
        : voters > 0 && chosen.Length != voters ? $"{chosen.Length} scores where other rows have {voters}"
        : !chosen.All(float.IsFinite) || !rejected.All(float.IsFinite) ? "a score is not a finite number"
        : null;

    /// <summary>How many of the values, in ascending order, are smaller.</summary>
    private static int Below(float[] ascending, float value)
    {
        var (low, high) = (0, ascending.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = ascending[middle] < value ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    private static void Summarize(IStageRun run, Strengths ranked, long all, int voters)
    {
        var facts = StrengthFacts.Of(run.Name, ranked.Means, ranked.Stds, ranked.Wrong, []);
        run.Summarize("rows", all);
        run.Summarize("ranked_rows", facts.Rows);
        run.Summarize("voters", voters);
        run.Summarize("below_zero", facts.BelowZero);
        run.Summarize("histogram", Histogram(facts.Edges, facts.Counts));
        run.Summarize("std_histogram", Histogram(facts.StdEdges, facts.StdCounts));
        run.Summarize("groups", new JsonArray([.. Enumerable.Range(0, facts.GroupRows.Count).Select(g =>
        {
            var group = new JsonObject { ["group"] = g, ["rows"] = facts.GroupRows[g], ["mean"] = facts.GroupMean[g].Y, ["std"] = facts.GroupStd[g].Y };
            if (facts.GroupRight is { } right)
                group["right_labels"] = right[g];
            return (JsonNode)group;
        })]));
        var line = string.Create(CultureInfo.InvariantCulture, $"{facts.BelowZero:P1} of {facts.Rows:N0} pairs have a strength below zero");
        if (facts.NoiseAuc is { } auc)
        {
            run.Summarize("wrong_share", facts.WrongShare);
            run.Summarize("auc", auc);
            line += string.Create(CultureInfo.InvariantCulture, $"; {facts.WrongShare:P1} of the labels are wrong (planted truth); strength finds them with AUC {auc:0.000}");
        }
        run.Say(line + ".");
    }

    private static JsonObject Histogram(IReadOnlyList<double> edges, IReadOnlyList<int> counts) => new()
    {
        ["edges"] = new JsonArray([.. edges.Select(e => (JsonNode)e)]),
        ["counts"] = new JsonArray([.. counts.Select(c => (JsonNode)c)]),
    };

    private sealed record Strengths(float[] Means, float[] Stds, bool[] Wrong);

    private sealed class StrengthList
    {
        private readonly List<float> means = [], stds = [];
        private readonly List<bool> wrong = [];

        public int Count => means.Count;

        public void Add(float mean, float std, bool? isWrong)
        {
            means.Add(mean);
            stds.Add(std);
            if (isWrong is { } known)
                wrong.Add(known);
        }

        public Strengths Done() => new([.. means], [.. stds], [.. wrong]);
    }
}
