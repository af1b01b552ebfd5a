using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>The rows of all files in order, how many were taken, and those put aside.</summary>
internal sealed class Intake(IStageRun run, ReadingOptions options)
{
    private long read;
    private long taken;
    private string? firstReason;

    /// <param name="require">Refuses a file of another form.</param>
    public async IAsyncEnumerable<SourceRow> RowsAsync(Action<string, IReadOnlyCollection<string>> require)
    {
        foreach (var file in SourceFiles.Of(run.Resolve(options.Path)))
        {
            await foreach (var row in SourceFiles.Rows(file, require, run))
            {
                run.Stopping.ThrowIfCancellationRequested();
                read++;
                yield return row;
                if (taken == options.MaxRows)
                    yield break;
            }
        }
    }

    public void Take() => taken++;

    public void PutAside(SourceRow row, string reason)
    {
        run.Quarantine(Batch.Of(0, 1).With(Columns.RowId, [row.Place]), 0, reason);
        if (taken == 0)
            firstReason ??= $"{row.Place}: {reason}";
    }

    public void Progress() => run.Progress(taken, options.MaxRows, "rows");

    /// <param name="what">What a row should have held: <c>a preference pair</c>.</param>
    /// <exception cref="StageException">No row was taken.</exception>
    public void Finish(string what)
    {
        if (taken == 0)
            throw new StageException($"{options.Path}: none of the {read} rows holds {what}. {firstReason ?? "The files are empty."}");
        run.Progress(taken, taken, "rows");
        run.Summarize("rows", taken);
        run.Summarize("quarantined", read - taken);
    }
}
