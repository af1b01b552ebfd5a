using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Training;

namespace DataflowRlhf.Stages.Training;

/// <summary>The pairs of a dataset in memory, with the columns that training and measuring look at.</summary>
internal sealed class PairTable
{
    public static readonly IReadOnlyList<Column> Needs = [Columns.PromptIds, Columns.ChosenIds, Columns.RejectedIds];

    public List<PairRow> Rows { get; } = [];

    /// <summary>Rows put aside.</summary>
    public int Quarantined { get; private set; }

    /// <summary>Rows of one split.</summary>
    public List<PairRow> Of(string split) => Rows.Where(r => r.Split == split).ToList();

    /// <summary>Reads a port to its end. Rows that are empty or longer than the model can take are put aside.</summary>
    /// <param name="positions">Tokens the model can take in one sequence.</param>
    /// <param name="vocabulary">The tokens it knows.</param>
    /// <param name="splits">The splits wanted; others are passed over. Where there is no such column, all rows are of the first.</param>
    public static async Task<PairTable> ReadAsync(IStageRun run, string port, int positions, Vocabulary vocabulary, params string[] splits)
    {
        var table = new PairTable();
        await foreach (var batch in run.Read(port))
        {
            run.Stopping.ThrowIfCancellationRequested();
            table.Add(batch, run, positions, vocabulary, splits);
        }
        return table;
    }

    /// <summary>Why a pair cannot be used, or null where it can.</summary>
    public static string? Problem(PreferencePair pair, int positions)
    {
        if (pair.Prompt.Length == 0 || pair.Chosen.Length == 0 || pair.Rejected.Length == 0)
            return "prompt_ids, chosen_ids or rejected_ids is empty";
        var longest = pair.Prompt.Length + Math.Max(pair.Chosen.Length, pair.Rejected.Length);
        return longest > positions
            ? $"prompt and response are {longest} tokens; the model takes {positions} (tokenize with a smaller max-tokens)"
            : null;
    }

    private void Add(Batch batch, IStageRun run, int positions, Vocabulary vocabulary, string[] splits)
    {
        var prompts = batch.Get(Columns.PromptIds);
        var chosen = batch.Get(Columns.ChosenIds);
        var rejected = batch.Get(Columns.RejectedIds);
        var split = Optional(batch, Columns.Split);
        var margin = Optional(batch, Columns.Margin);
        var alpha = Optional(batch, Columns.Alpha);
        var flipped = Optional(batch, Columns.TruthFlipped);
        var strength = Optional(batch, Columns.StrengthMean);
        var decile = Optional(batch, Columns.StrengthDecile);
        var group = Optional(batch, Columns.PromptGroup);
        var (chosenRank, rejectedRank) = (Optional(batch, Columns.ChosenRank), Optional(batch, Columns.RejectedRank));
        for (var row = 0; row < batch.Rows; row++)
        {
            var side = split?[row] ?? splits[0];
            if (!splits.Contains(side))
                continue;
            vocabulary.Check(batch, row, Columns.PromptIds, Columns.ChosenIds, Columns.RejectedIds);
            var pair = new PreferencePair(prompts[row], chosen[row], rejected[row]) { Margin = margin?[row] ?? 0, Alpha = alpha?[row] ?? 0 };
            if ((Problem(pair, positions) ?? LossProblem(pair)) is { } problem)
            {
                run.Quarantine(batch, row, problem);
                Quarantined++;
                continue;
            }
            Rows.Add(new PairRow(pair, side, flipped?[row], strength?[row], decile?[row])
            {
                Group = group?[row],
                Ranks = chosenRank is null || rejectedRank is null ? null : (chosenRank[row], rejectedRank[row]),
            });
        }
    }

    private static string? LossProblem(PreferencePair pair) =>
        !float.IsFinite(pair.Margin) ? $"margin is {pair.Margin}; it must be finite"
        : !(pair.Alpha is >= 0 and <= 1) ? $"alpha is {pair.Alpha}; it must lie in [0, 1]"
        : null;

    private static T[]? Optional<T>(Batch batch, Column<T> column) => batch.Has(column) ? batch.Get(column) : null;
}

/// <summary>A pair and what is known of it.</summary>
internal sealed record PairRow(PreferencePair Pair, string Split, bool? TruthFlipped, float? Strength, int? Decile)
{
    /// <summary>The ranked list it comes from.</summary>
    public string? Group { get; init; }

    /// <summary>Both responses' ranks in that list.</summary>
    public (float Chosen, float Rejected)? Ranks { get; init; }
}
