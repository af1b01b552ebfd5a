using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>
/// Reads prompts alone, texts or lists of turns, from the files and with the split and the names that <see cref="ReadPreferences"/> has. Other columns are left behind.
/// </summary>
[Stage("read-prompts", "Reads prompts without responses, texts or lists of turns, from Parquet or JSON Lines.")]
[Example("""
    pipeline: example
    stages:
      prompts: { uses: read-prompts, with: { path: prompts.jsonl } }
    """, File = "prompts.jsonl", Content = Examples.PromptsFile)]
public sealed class ReadPrompts(ReadPrompts.Options options) : Stage
{
    private const int BatchRows = 256;

    public sealed record Options : ReadingOptions;

    public override StagePorts Ports { get; } = new([], Output.Rows(Columns.RowId, Columns.Prompt, Columns.Split, Columns.SourceRow));

    public override async Task RunAsync(IStageRun run)
    {
        var sides = new PromptSides(options.Validation, (ulong)options.SplitSeed);
        var ids = new RowIds();
        var intake = new Intake(run, options);
        var rows = new List<(string Id, string Prompt, string Split, string Source)>();
        await foreach (var row in intake.RowsAsync(Forms.RequirePrompts))
        {
            if (!TryPrompt(row, sides, ids, out var prompt, out var reason))
            {
                intake.PutAside(row, reason);
                continue;
            }
            intake.Take();
            rows.Add(prompt);
            if (rows.Count < BatchRows)
                continue;
            await EmitAsync(run, rows);
            intake.Progress();
        }
        intake.Finish("a prompt");
        if (rows.Count > 0)
            await EmitAsync(run, rows);
        sides.Report(run);
    }

    private static bool TryPrompt(SourceRow row, PromptSides sides, RowIds ids, out (string Id, string Prompt, string Split, string Source) prompt, out string reason)
    {
        prompt = default;
        if (row.Values is not { } values)
        {
            reason = row.Problem!;
            return false;
        }
        if (!PairAssembler.TryPrompt(values, out var text, out reason) || !sides.TryPlace(values, text, out var split, out reason))
            return false;
        if (string.IsNullOrWhiteSpace(text))
        {
            reason = "the prompt is empty";
            return false;
        }
        if (!ids.TryTake(values, text, out var id, out reason))
            return false;
        sides.Add(text, split);
        prompt = (id, text, split, row.Place);
        return true;
    }

    private static async Task EmitAsync(IStageRun run, List<(string Id, string Prompt, string Split, string Source)> rows)
    {
        await run.EmitAsync(Batch.Of(0, rows.Count)
            .With(Columns.RowId, [.. rows.Select(r => r.Id)])
            .With(Columns.Prompt, [.. rows.Select(r => r.Prompt)])
            .With(Columns.Split, [.. rows.Select(r => r.Split)])
            .With(Columns.SourceRow, [.. rows.Select(r => r.Source)]));
        rows.Clear();
    }
}
