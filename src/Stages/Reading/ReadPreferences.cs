using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>
/// Reads preference pairs from Parquet or JSON Lines in any of these forms: prompt, chosen, rejected; two whole dialogues (HH-RLHF), whose prompt is what
/// they share; lists of turns; or, when asked, ranked lists, of which all comparisons are made. Every other column is passed on.
/// </summary>
[Stage("read-preferences", "Reads preference pairs from Parquet or JSON Lines: explicit prompts, HH-RLHF dialogues, lists of turns, or ranked lists.")]
[Example("""
    pipeline: example
    stages:
      pairs: { uses: read-preferences, with: { path: pairs.jsonl } }
    """, File = "pairs.jsonl", Content = Examples.PairsFile)]
public sealed class ReadPreferences(ReadPreferences.Options options) : Stage
{
    private const int BatchRows = 256;

    public sealed record Options : ReadingOptions
    {
        [Option("The files carry published strengths ('mean preference difference' and so on), which become strength_mean, strength_std, chosen_scores, rejected_scores, so that no ensemble is needed. Default: false.")]
        public bool Strengths { get; init; }

        [Option("The files hold ranked lists, prompt with answers ([{answer, rank}]) or with responses and ranks: each list becomes all its comparisons, with prompt_group, chosen_rank and rejected_rank; equal ranks are not compared. Default: false.")]
        public bool Ranked { get; init; }
    }

    public override StagePorts Ports { get; } = new([], Output.Rows(
    [
        Columns.RowId, Columns.Prompt, Columns.Chosen, Columns.Rejected, Columns.Split,
        .. options.Strengths ? PublishedStrengths.Columns : [],
        .. options.Ranked ? [Columns.PromptGroup, Columns.ChosenRank, Columns.RejectedRank] : Array.Empty<Column>(),
    ]));

    public override async Task RunAsync(IStageRun run)
    {
        var sides = new PromptSides(options.Validation, (ulong)options.SplitSeed);
        var assembler = new PairAssembler(sides, options.Strengths);
        var lists = new RankedList();
        var batches = new PairBatches(run);
        var intake = new Intake(run, options);
        await foreach (var row in intake.RowsAsync(options.Ranked ? Forms.RequireRanked : Forms.RequirePairs))
        {
            if (!TryPairs(row, lists, assembler, out var pairs, out var reason))
            {
                intake.PutAside(row, reason);
                continue;
            }
            intake.Take();
            foreach (var pair in pairs)
            {
                batches.Add(pair);
                if (batches.Count < BatchRows)
                    continue;
                await batches.EmitAsync();
                intake.Progress();
            }
        }
        intake.Finish(options.Ranked ? "a ranked list" : "a preference pair");
        if (batches.Count > 0)
            await batches.EmitAsync();
        if (options.Ranked)
            run.Summarize("pairs", batches.Emitted);
        sides.Report(run);
    }

    /// <summary>The pair of a row, or all comparisons of its list.</summary>
    private bool TryPairs(SourceRow row, RankedList lists, PairAssembler assembler, out List<PreferenceRow> pairs, out string reason)
    {
        pairs = [];
        List<SourceRow> rows = [row];
        if (options.Ranked && !lists.TryExpand(row, out rows, out reason))
            return false;
        foreach (var each in rows)
        {
            if (!assembler.TryAssemble(each, out var pair, out reason))
                return false;
            pairs.Add(pair);
        }
        reason = "";
        return true;
    }
}
