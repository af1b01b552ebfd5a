using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Ahead;

/// <summary>How long a dataset's rows will be.</summary>
/// <param name="Sample">Its first rows of split train, in order; empty: only the longest is known.</param>
/// <param name="Longest">Tokens of the longest prompt with one response.</param>
internal sealed record ForeseenRows(IReadOnlyList<ForeseenRow> Sample, int Longest)
{
    private const int Enough = 4096;

    public bool Known => Sample.Count > 0;

    /// <summary>The first rows of a finished dataset with token ids.</summary>
    public static ForeseenRows Of(ArtifactInput made, int longest)
    {
        var rows = new List<ForeseenRow>();
        foreach (var batch in made.Read(CancellationToken.None).ToBlockingEnumerable())
        {
            var splits = batch.Has(Columns.Split) ? batch.Get(Columns.Split) : null;
            var prompts = batch.Get(Columns.PromptIds);
            var (chosen, rejected) = batch.Has(Columns.ChosenIds) ? (batch.Get(Columns.ChosenIds), batch.Get(Columns.RejectedIds)) : ([], []);
            for (var i = 0; i < batch.Rows && rows.Count < Enough; i++)
                if ((splits?[i] ?? "train") == "train")
                    rows.Add(new(prompts[i].Length, chosen.Length > 0 ? chosen[i].Length : 0, rejected.Length > 0 ? rejected[i].Length : 0));
            if (rows.Count == Enough)
                break;
        }
        return new(rows, longest);
    }
}
