using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Training;

namespace DataflowRlhf.Stages.Training;

/// <summary>Rows to examples of reward training: pairs alone, all comparisons of a prompt, or ranked lists.</summary>
internal static class RewardExamples
{
    /// <summary>What a ranked list needs beside the pair.</summary>
    public static readonly IReadOnlyList<Column> Ranks = [Columns.PromptGroup, Columns.ChosenRank, Columns.RejectedRank];

    /// <exception cref="StageException">The loss is k-wise, and a pair has a margin, a soft label or was flipped, or no list is left.</exception>
    public static List<ComparisonGroup> Of(IReadOnlyList<PairRow> rows, RewardLoss loss, IStageRun run) => loss switch
    {
        RewardLoss.Pairs => [.. rows.Select(r => ComparisonGroup.Of(r.Pair))],
        RewardLoss.Comparisons => [.. Grouped(rows).Select(g => ComparisonGroup.Of([.. g.Select(r => r.Pair)]))],
        _ => Lists(rows, run),
    };

    /// <summary>By ranked list where the rows name theirs, else by prompt.</summary>
    private static IEnumerable<IGrouping<string, PairRow>> Grouped(IReadOnlyList<PairRow> rows) =>
        rows.GroupBy(r => r.Group is { } group ? "list " + group : ComparisonGroup.Key(r.Pair.Prompt), StringComparer.Ordinal);

    private static List<ComparisonGroup> Lists(IReadOnlyList<PairRow> rows, IStageRun run)
    {
        if (rows.Any(r => r.Pair.Margin != 0 || r.Pair.Alpha != 0 || r.Ranks!.Value.Chosen >= r.Ranks.Value.Rejected))
            throw new StageException("loss: k-wise looks at ranks alone, and some pairs have a margin, a soft label or were flipped: these belong to comparisons. Feed the rows as they were before relabel, or write:  loss: comparisons");
        var lists = new List<ComparisonGroup>();
        string? first = null;
        foreach (var group in Grouped(rows))
        {
            if (List(group, out var reason) is { } list)
                lists.Add(list);
            else
                run.Quarantine(Batch.Of(0, 1).With(Columns.RowId, [group.First().Group!]), 0, first = reason);
        }
        return lists.Count > 0 ? lists : throw new StageException($"No ranked list to train on: {first ?? "there is no row of split 'train'"}. loss: comparisons takes lists with equal ranks.");
    }

    /// <summary>The responses of a list by rank; null: the ranks do not order them.</summary>
    private static ComparisonGroup? List(IEnumerable<PairRow> pairs, out string reason)
    {
        var ranks = new Dictionary<string, (int[] Response, float Rank)>(StringComparer.Ordinal);
        reason = "";
        foreach (var (pair, (chosen, rejected)) in pairs.Select(r => (r.Pair, r.Ranks!.Value)))
        {
            foreach (var (response, rank) in new[] { (pair.Chosen, chosen), (pair.Rejected, rejected) })
            {
                if (!ranks.TryAdd(ComparisonGroup.Key(response), (response, rank)) && ranks[ComparisonGroup.Key(response)].Rank != rank)
                    reason = "one response has several ranks in one list";
            }
        }
        var ordered = ranks.Values.OrderBy(r => r.Rank).ToList();
        if (ordered.Select(r => r.Rank).Distinct().Count() < ordered.Count)
            reason = "some responses of the list have equal ranks, which loss: k-wise cannot order";
        return reason.Length > 0 ? null : ComparisonGroup.Ranked(pairs.MinBy(r => r.Pair.Prompt.Length)!.Pair.Prompt, [.. ordered.Select(r => r.Response)]);
    }
}
