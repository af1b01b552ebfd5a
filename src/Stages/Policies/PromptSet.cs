using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Training;

namespace DataflowRlhf.Stages.Policies;

/// <summary>The distinct prompts of a dataset's split, in the order first seen.</summary>
internal sealed record PromptSet(IReadOnlyList<string> RowIds, IReadOnlyList<string> Texts, IReadOnlyList<int[]> Ids)
{
    /// <summary>The columns a stage needs to read prompts.</summary>
    public static IReadOnlyList<Column> Needs { get; } = [Columns.RowId, Columns.Prompt, Columns.PromptIds];

    /// <param name="split">train, validation or ood; all: every row. Rows without a split column count as train.</param>
    /// <param name="vocabulary">The tokens that the models know.</param>
    /// <param name="most">At most so many, 0: all.</param>
    public static async Task<PromptSet> ReadAsync(IStageRun run, string port, string split, int most, Vocabulary vocabulary)
    {
        var (rows, texts, ids) = (new List<string>(), new List<string>(), new List<int[]>());
        var seen = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var batch in run.Read(port))
        {
            var splits = batch.Has(Columns.Split) ? batch.Get(Columns.Split) : null;
            var (rowIds, prompts, promptIds) = (batch.Get(Columns.RowId), batch.Get(Columns.Prompt), batch.Get(Columns.PromptIds));
            for (var row = 0; row < batch.Rows; row++)
            {
                var wanted = split == "all" || (splits?[row] ?? "train") == split;
                if (!wanted || (most > 0 && texts.Count == most) || !seen.Add(prompts[row]))
                    continue;
                vocabulary.Check(batch, row, Columns.PromptIds);
                rows.Add(rowIds[row]);
                texts.Add(prompts[row]);
                ids.Add(promptIds[row]);
            }
        }
        if (texts.Count == 0)
            throw new StageException($"'{port}' has no prompts in the split '{split}'. Another split, or all, may have some:  split: all");
        return new PromptSet(rows, texts, ids);
    }
}
