using System.ComponentModel.DataAnnotations;
using System.Globalization;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Strength;
using DataflowRlhf.Stages.Reporting;

namespace DataflowRlhf.Stages;

/// <summary>
/// Repairs the labels that the voters do not believe (paper 2.4, 2.5): swaps weak pairs, softens their labels, makes the strength a margin, or drops a range of ranks.
/// <para>Only rows of split <c>train</c> change, where there is such a split; the others get margin 0 and alpha 0, for held-out losses are plain ones.
/// On a flip texts, token ids, scores and ranks in a list change sides, <c>strength_mean</c> its sign, and <c>voter_agreement</c> is counted anew; ranks (<c>strength_quantile</c>,
/// <c>strength_decile</c>) stay those of the label as it came, and so do <c>truth_flipped</c> and <c>truth_margin</c>. <c>relabel_flipped</c> says which rows to turn
/// back for the original order, <c>relabel_reason</c> why each row is as it is.</para>
/// <para>The margin is m = scale · μ̂ after any flip. A flipped pair's is never negative. Without a flip (recipes margin, soft-label+margin) that of a pair with μ̂ &lt; 0 is
/// negative: the loss −log σ(d − m) then asks it to agree less, not more.</para>
/// </summary>
[Stage("relabel", "Repairs the labels that the voters do not believe: flip, soft label, margin, filter.")]
[Example(Examples.Strength + """
      clean: { uses: relabel, from: strength, with: { recipe: flip+margin, flip-quantile: 0.2 } }
    """)]
public sealed class Relabel : Stage
{
    private readonly Options options;
    private readonly Relabeling rules;

    public Relabel(Options options)
    {
        this.options = options;
        rules = new Relabeling(options);
    }

    public sealed record Options
    {
        [Option("What is done: baseline (nothing), flip, margin, flip+margin or soft-label+margin. Default: flip+margin.")]
        public Recipe Recipe { get; init; } = Recipe.FlipPlusMargin;

        [Option("Swap chosen and rejected where the mean strength is below this. Default: 0, the voters' tie.")]
        [Range(-1e6, 1e6)]
        public float FlipBelow { get; init; }

        [Option("Swap this share of the rows instead, the weakest (the paper: 0.2). Default: none, flip-below.")]
        [Range(0.0, 1.0)]
        public float? FlipQuantile { get; init; }

        [Option("Soften the label where the mean strength is below this. Default: 0, the voters' tie.")]
        [Range(-1e6, 1e6)]
        public float SoftenBelow { get; init; }

        [Option("Soften this share of the rows instead, the weakest. Default: none, soften-below.")]
        [Range(0.0, 1.0)]
        public float? SoftenQuantile { get; init; }

        [Option("The soft label: 0 trusts the label, 0.5 nobody, 1 the opposite. Default: 0.2 with soft-label+margin.")]
        [Range(0.0, 1.0)]
        public float? Alpha { get; init; }

        [Option("The margin is the mean strength times this. Default: 1.")]
        [Range(0.0, 1e6)]
        public float MarginScale { get; init; } = 1;

        [Option("The largest margin, either side of 0. Default: none.")]
        [Range(0.0, 1e6)]
        public float? MarginCap { get; init; }

        [Option("Drop the rows of lower rank: 0.2 drops the weakest fifth. Default: none.")]
        [Range(0.0, 1.0)]
        public float? FilterBelowQuantile { get; init; }

        [Option("Drop the rows of this rank or higher: 0.1 keeps the weakest tenth. Default: none.")]
        [Range(0.0, 1.0)]
        public float? FilterAboveQuantile { get; init; }
    }

    public override StagePorts Ports => new(
        [new DatasetPort("pairs", [Columns.StrengthMean, .. rules.NeedsRanks ? [Columns.StrengthQuantile] : Array.Empty<Column>()])],
        Output.Through("pairs", Columns.Margin, Columns.Alpha, Columns.Relabeled, Columns.RelabelReason));

    public override async Task RunAsync(IStageRun run)
    {
        var (means, flips, wrong) = (new List<float>(), new List<bool>(), new List<bool>());
        var (read, train, kept, flipped, softened, filtered) = (0L, 0, 0, 0, 0, 0);
        await foreach (var batch in run.Read("pairs"))
        {
            run.Stopping.ThrowIfCancellationRequested();
            var rows = Decide(batch, run);
            foreach (var (row, ruling) in rows)
            {
                if (!ruling.Train)
                    continue;
                train++;
                kept += ruling.Drop ? 0 : 1;
                filtered += ruling.Drop ? 1 : 0;
                softened += ruling.Alpha > 0 && !ruling.Drop ? 1 : 0;
                flipped += ruling.Flip ? 1 : 0;
                // Only the planted truth asks for more than counts.
                if (!batch.Has(Columns.TruthFlipped))
                    continue;
                means.Add(batch.Get(Columns.StrengthMean)[row]);
                flips.Add(ruling.Flip);
                wrong.Add(batch.Get(Columns.TruthFlipped)[row]);
            }
            await run.EmitAsync(Relabelled(batch, [.. rows.Where(r => !r.Ruling.Drop)]));
            run.Progress(read += batch.Rows, null, "rows");
        }
        if (train > 0 && kept == 0)
            throw new StageException($"The filter dropped all {train} training rows. Rows from filter-below-quantile up to filter-above-quantile are kept: widen that range.");
        run.Summarize("rows", read - filtered);
        run.Summarize("train_rows", train);
        run.Summarize("flipped", flipped);
        run.Summarize("softened", softened);
        run.Summarize("filtered", filtered);
        run.Say(string.Create(CultureInfo.InvariantCulture, $"{train:N0} training pairs: {flipped:N0} flipped, {softened:N0} softened, {filtered:N0} dropped."));
        if (wrong.Count == train)
            AgainstTruth(run, means, flips, wrong);
    }

    private static void AgainstTruth(IStageRun run, List<float> means, List<bool> flips, List<bool> wrong)
    {
        var bad = wrong.Count(w => w);
        run.Summarize("wrong_labels", bad);
        if (NoiseFacts.Auc(means, wrong) is not { } auc)
            return;
        run.Summarize("auc", auc);
        var line = string.Create(CultureInfo.InvariantCulture, $"Planted truth: {bad:N0} labels are wrong; low strength finds them with AUC {auc:0.000}");
        if (NoiseFacts.Flips(flips, wrong) is var (_, precision, recall))
        {
            run.Summarize("precision", precision);
            run.Summarize("recall", recall);
            line += string.Create(CultureInfo.InvariantCulture, $"; {precision:P1} of the flips were right, and they mended {recall:P1} of the wrong labels");
        }
        run.Say(line + ".");
    }

    private List<(int Row, Ruling Ruling)> Decide(Batch batch, IStageRun run)
    {
        var means = batch.Get(Columns.StrengthMean);
        var quantiles = rules.NeedsRanks ? batch.Get(Columns.StrengthQuantile) : null;
        var splits = batch.Has(Columns.Split) ? batch.Get(Columns.Split) : null;
        var decided = new List<(int, Ruling)>(batch.Rows);
        for (var row = 0; row < batch.Rows; row++)
        {
            var split = splits?[row] ?? "train";
            if (split == "train" && !float.IsFinite(means[row]))
                run.Quarantine(batch, row, "strength_mean is not a finite number");
            else
                decided.Add((row, split == "train" ? rules.Of(means[row], quantiles?[row] ?? 0) : Ruling.Held(split)));
        }
        return decided;
    }

    private static Batch Relabelled(Batch batch, List<(int Row, Ruling Ruling)> rows)
    {
        var rest = rows.Count == batch.Rows ? batch : batch.Select([.. rows.Select(r => r.Row)]);
        var flips = rows.Select(r => r.Ruling.Flip).ToArray();
        if (flips.Contains(true))
        {
            rest = Swap(rest, Columns.Chosen, Columns.Rejected, flips);
            rest = Swap(rest, Columns.ChosenIds, Columns.RejectedIds, flips);
            rest = Swap(rest, Columns.ChosenScores, Columns.RejectedScores, flips);
            rest = Swap(rest, Columns.ChosenRank, Columns.RejectedRank, flips);
            rest = rest.With(Columns.StrengthMean, [.. rest.Get(Columns.StrengthMean).Zip(flips, (mean, flip) => flip ? -mean : mean)]);
            rest = Agreement(rest, flips);
        }
        return rest
            .With(Columns.Margin, [.. rows.Select(r => r.Ruling.Margin)])
            .With(Columns.Alpha, [.. rows.Select(r => r.Ruling.Alpha)])
            .With(Columns.Relabeled, flips)
            .With(Columns.RelabelReason, [.. rows.Select(r => r.Ruling.Reason)]);
    }

    private static Batch Swap<T>(Batch batch, Column<T> chosen, Column<T> rejected, bool[] flips)
    {
        if (!batch.Has(chosen) || !batch.Has(rejected))
            return batch;
        var (left, right) = (batch.Get(chosen), batch.Get(rejected));
        return batch
            .With(chosen, [.. flips.Select((flip, row) => flip ? right[row] : left[row])])
            .With(rejected, [.. flips.Select((flip, row) => flip ? left[row] : right[row])]);
    }

    /// <summary>Voters that agree with the label as it now is; counted from the scores, where a voter's tie agrees with neither side, or without them the rest of 1.</summary>
    private static Batch Agreement(Batch batch, bool[] flips)
    {
        if (!batch.Has(Columns.VoterAgreement))
            return batch;
        var agreement = batch.Get(Columns.VoterAgreement);
        var scored = batch.Has(Columns.ChosenScores) && batch.Has(Columns.RejectedScores);
        float Anew(int row) => scored ? EnsembleStrength.Of(batch.Get(Columns.ChosenScores)[row], batch.Get(Columns.RejectedScores)[row]).Agreement : 1 - agreement[row];
        return batch.With(Columns.VoterAgreement, [.. flips.Select((flip, row) => flip ? Anew(row) : agreement[row])]);
    }
}
