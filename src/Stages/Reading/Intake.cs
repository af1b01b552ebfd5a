using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>The rows of all files in order, how many were taken, those put aside, and about how many there will be.</summary>
internal sealed class Intake(IStageRun run, ReadingOptions options)
{
    private long read;
    private long taken;
    private double share; // of all files' bytes
    private RowsAhead? ahead;
    private string? firstReason;

    /// <param name="require">Refuses a file of another form.</param>
    public async IAsyncEnumerable<SourceRow> RowsAsync(Action<string, IReadOnlyCollection<string>> require)
    {
        var files = SourceFiles.Of(run.Resolve(options.Path)).Select(f => (Path: f, Bytes: SourceFiles.Bytes(f))).ToList();
        var all = files.Sum(f => f.Bytes);
        ahead = new RowsAhead(files);
        var before = 0L;
        foreach (var file in files)
        {
            await foreach (var row in SourceFiles.Rows(file.Path, require, run, part => share = (before + part * file.Bytes) / Math.Max(1, all)))
            {
                run.Stopping.ThrowIfCancellationRequested();
                read++;
                yield return row;
                if (taken == options.MaxRows)
                    yield break;
            }
            before += file.Bytes;
        }
    }

    public void Take() => taken++;

    public void PutAside(SourceRow row, string reason)
    {
        run.Quarantine(Batch.Of(0, 1).With(Columns.RowId, [row.Place]), 0, reason);
        if (taken == 0)
            firstReason ??= $"{row.Place}: {reason}";
    }

    public void Progress() => run.Progress(taken, Total(), "rows");

    /// <summary>About how many rows there will be, to three figures: as many of those ahead as of those behind will be taken.</summary>
    private long Total()
    {
        var about = taken + ahead!.Left(Math.Clamp(share, 1e-9, 1), read) * taken / read;
        var figure = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(Math.Max(1, about))) - 2));
        return Math.Clamp((long)(Math.Round(about / figure) * figure), taken, options.MaxRows ?? long.MaxValue);
    }

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
