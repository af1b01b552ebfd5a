using System.Text.Json.Nodes;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Stages.Training;

namespace DataflowRlhf.Stages.Judging;

/// <summary>A judge measured as reward models are: a preference for the chosen response is a difference of 1, for the rejected one of −1, a tie of 0.</summary>
internal static class JudgedPreferences
{
    /// <summary>What a preference without a size cannot say.</summary>
    private static readonly string[] OfSizes = ["mean_margin", "loss", "calibration_error"];

    /// <summary>Facts of one split under <see cref="RewardReport"/>'s names: accuracies, by strength, how often the orders disagreed. Empty where no row has a verdict.</summary>
    /// <param name="rows">The pairs; those without a verdict are put aside.</param>
    /// <param name="groups">Groups by strength where rows carry a strength but no decile.</param>
    /// <param name="unclear">Takes the reasons of rows without a verdict.</param>
    public static async Task<List<(string Name, JsonNode? Value)>> OfAsync(LlmJudge judge, TextTokenizer tokenizer, List<PairRow> rows, int groups, IStageRun run, ICollection<string> unclear)
    {
        if (rows.Count == 0)
            return [];
        var pairs = rows.Select(r => new JudgedPair(tokenizer.Decode(r.Pair.Prompt), tokenizer.Decode(r.Pair.Chosen), tokenizer.Decode(r.Pair.Rejected))).ToList();
        var verdicts = await judge.JudgeAsync(pairs);
        for (var i = 0; i < verdicts.Length; i++)
        {
            if (verdicts[i].Unclear is not { } reason)
                continue;
            run.Quarantine(Row(rows[i], pairs[i], i), 0, reason);
            unclear.Add(reason);
        }
        List<int> clear = [.. Enumerable.Range(0, rows.Count).Where(i => verdicts[i].Unclear is null)];
        if (clear.Count == 0)
            return [];
        var facts = RewardReport.Of([.. clear.Select(i => rows[i])], [.. clear.Select(i => (float)verdicts[i].Preference)], groups).Where(f => !OfSizes.Contains(f.Name)).ToList();
        foreach (var group in facts.Where(f => f.Name == "by_group").SelectMany(f => f.Value!.AsArray()))
            group!.AsObject().Remove("mean_margin");
        facts.Add(("ties", clear.Count(i => verdicts[i].Preference == 0)));
        facts.Add(("disagreed", clear.Count(i => verdicts[i].Disagreed)));
        facts.Add(("quarantined", rows.Count - clear.Count));
        return facts;
    }

    private static Batch Row(PairRow row, JudgedPair pair, int at) =>
        Batch.Of(at, 1).With(Columns.Split, [row.Split]).With(Columns.Prompt, [pair.Prompt]).With(Columns.Chosen, [pair.First]).With(Columns.Rejected, [pair.Second]);
}
