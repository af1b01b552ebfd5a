using System.ComponentModel.DataAnnotations;
using System.Globalization;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.World;

/// <summary>
/// Makes preference pairs of a small invented world: a shop, and people who ask it for goods. Labels are drawn from Bradley–Terry on the gold reward
/// (<see cref="PreferenceWorld.Gold"/>), so a few are wrong by chance; then wrong labels are planted in train and validation, as real held-out data is
/// no cleaner than what one trains on. <c>truth_flipped</c> gives the clean labels back. The split <c>ood</c> has none planted.
/// Every row has a prompt of its own, so that no prompt is on two sides.
/// </summary>
[Stage("make-preferences", "Makes preference pairs of a small invented world whose true reward is known and whose wrong labels are planted.")]
[Example(Examples.Pairs)]
public sealed class MakePreferences : Stage
{
    private const int BatchRows = 256;
    private readonly Options options;

    public MakePreferences(Options options)
    {
        this.options = options;
        if (options.WrongLabels + options.NearTies > 1)
            throw new OptionException("wrong-labels", string.Create(CultureInfo.InvariantCulture,
                $"{options.WrongLabels} wrong labels and {options.NearTies} near ties are more than all rows; a near tie has no wrong label to plant"), "wrong-labels: 0.2");
        if (options.Pairs > 1 && Held == options.Pairs)
            throw new OptionException("validation", "leaves no row to train on", "validation: 0.1");
    }

    public sealed record Options
    {
        [Option("Pairs of train and validation together. Default: 3000.")]
        [Range(1, 100_000)]
        public int Pairs { get; init; } = 3000;

        [Option("Share of them held out for validation. Default: 0.1.")]
        [Range(0.0, 0.9)]
        public double Validation { get; init; } = 0.1;

        [Option("Further pairs, split ood, that ask in other words for things nobody asks for elsewhere. Default: 200.")]
        [Range(0, 10_000)]
        public int Ood { get; init; } = 200;

        [Option("Share of the train and of the validation rows whose label is planted wrong. Default: 0.2.")]
        [Range(0.0, 1.0)]
        public double WrongLabels { get; init; } = 0.2;

        [Option("Share of the rows whose two responses are worth (almost) the same: gold at most 0.25 apart; all others are at least 0.5 apart. Default: 0.1.")]
        [Range(0.0, 1.0)]
        public double NearTies { get; init; } = 0.1;

        [Option("How sure the labels are: P(first is chosen) = σ(sharpness · gold difference). Default: 4.")]
        [Range(0.01, 1000.0)]
        public double Sharpness { get; init; } = 4;
    }

    public override StagePorts Ports { get; } = new([], Output.Rows(
        Columns.RowId, Columns.Prompt, Columns.Chosen, Columns.Rejected, Columns.Split, Columns.TruthFlipped, Columns.TruthMargin));

    private int Held => Share(options.Validation, options.Pairs);

    public override async Task RunAsync(IStageRun run)
    {
        var total = options.Pairs + options.Ood;
        var splits = Splits(run.Seed);
        var (nearTie, plant) = Plans(run.Seed, splits);
        var writer = new PairWriter(SeededRandom.For(run.Seed, "pairs"), options.Sharpness);
        var (pairs, wrong, margins) = (new List<WorldPair>(BatchRows), 0, 0.0);
        for (var row = 0; row < total; row++)
        {
            run.Stopping.ThrowIfCancellationRequested();
            var pair = writer.Write(splits[row] == "ood", nearTie[row]);
            if (plant[row] && pair.Margin > 0)
                pair = pair.Swapped();
            pairs.Add(pair);
            wrong += pair.Margin < 0 ? 1 : 0;
            margins += Math.Abs(pair.Margin);
            if (pairs.Count < BatchRows && row < total - 1)
                continue;
            await run.EmitAsync(Batched(pairs, row + 1 - pairs.Count, splits));
            run.Progress(row + 1, total, "rows");
            pairs.Clear();
        }
        foreach (var split in new[] { "train", "validation", "ood" })
            run.Summarize($"{split}_rows", splits.Count(s => s == split));
        run.Summarize("rows", total);
        run.Summarize("planted_wrong", plant.Count(p => p));
        run.Summarize("near_ties", nearTie.Count(t => t));
        run.Summarize("wrong_labels", wrong);
        run.Summarize("mean_gold_gap", margins / total);
        run.Say(string.Create(CultureInfo.InvariantCulture,
            $"{total:N0} pairs; {wrong:N0} labels contradict the gold reward: {plant.Count(p => p):N0} planted, the others by chance."));
    }

    private string[] Splits(ulong seed)
    {
        var splits = Enumerable.Range(0, options.Pairs).Select(i => i < Held ? "validation" : "train").ToArray();
        SeededRandom.For(seed, "splits").Shuffle<string>(splits);
        return [.. splits, .. Enumerable.Repeat("ood", options.Ood)];
    }

    /// <summary>Which rows are near ties and which get a wrong label, by exact shares within each split.</summary>
    private (bool[] NearTie, bool[] Plant) Plans(ulong seed, string[] splits)
    {
        var random = SeededRandom.For(seed, "plans");
        var (nearTie, plant) = (new bool[splits.Length], new bool[splits.Length]);
        foreach (var split in new[] { "train", "validation", "ood" })
        {
            var rows = Enumerable.Range(0, splits.Length).Where(r => splits[r] == split).ToArray();
            random.Shuffle<int>(rows);
            var ties = Share(options.NearTies, rows.Length);
            foreach (var row in rows[..ties])
                nearTie[row] = true;
            if (split == "ood")
                continue;
            foreach (var row in rows[ties..Math.Min(rows.Length, ties + Share(options.WrongLabels, rows.Length))])
                plant[row] = true;
        }
        return (nearTie, plant);
    }

    private static int Share(double share, int rows) => (int)Math.Round(share * rows);

    private static Batch Batched(List<WorldPair> pairs, int first, string[] splits) => Batch.Of(0, pairs.Count)
        .With(Columns.RowId, pairs.Select((_, i) => $"pair-{first + i:D6}").ToArray())
        .With(Columns.Prompt, pairs.Select(p => p.Prompt).ToArray())
        .With(Columns.Chosen, pairs.Select(p => p.Chosen).ToArray())
        .With(Columns.Rejected, pairs.Select(p => p.Rejected).ToArray())
        .With(Columns.Split, splits[first..(first + pairs.Count)])
        .With(Columns.TruthFlipped, pairs.Select(p => p.Margin < 0).ToArray())
        .With(Columns.TruthMargin, pairs.Select(p => (float)p.Margin).ToArray());
}
