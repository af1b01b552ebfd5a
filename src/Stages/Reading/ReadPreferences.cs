using System.ComponentModel.DataAnnotations;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>
/// Reads preference pairs from Parquet or JSON Lines in any of three forms: prompt, chosen, rejected; two whole dialogues (HH-RLHF), whose prompt is what
/// they share; or lists of turns. Every other column is passed on.
/// </summary>
[Stage("read-preferences", "Reads preference pairs from Parquet or JSON Lines: explicit prompts, HH-RLHF dialogues or lists of turns.")]
public sealed class ReadPreferences(ReadPreferences.Options options) : Stage
{
    private const int BatchRows = 256;

    public sealed record Options
    {
        [Option("A file, a folder or a glob of .parquet, .jsonl and .jsonl.gz.")]
        [InputPath]
        public required string Path { get; init; }

        [Option("Stop after this many rows. Default: none, all rows.")]
        [Range(1, int.MaxValue)]
        public int? MaxRows { get; init; }

        [Option("Share of the prompts held out for validation, chosen by a hash of the prompt's opening, so that a dialogue and its continuations stay on one side; not used where the files have a split column. Default: 0.05.")]
        [Range(0.0, 0.9)]
        public double Validation { get; init; } = 0.05;

        [Option("The files carry published strengths ('mean preference difference' and so on), which become strength_mean, strength_std, chosen_scores, rejected_scores. Default: false.")]
        public bool Strengths { get; init; }
    }

    public override StagePorts Ports { get; } = new([], Output.Rows(
    [
        Columns.RowId, Columns.Prompt, Columns.Chosen, Columns.Rejected, Columns.Split,
        .. options.Strengths ? PublishedStrengths.Columns : [],
    ]));

    public override async Task RunAsync(IStageRun run)
    {
        var files = FilesOf(run);
        var assembler = new PairAssembler(options.Validation, options.Strengths);
        var batches = new PairBatches(run);
        var (read, taken) = (0L, 0L);
        foreach (var file in files)
        {
            await foreach (var row in PreferenceFile.Rows(file, run))
            {
                run.Stopping.ThrowIfCancellationRequested();
                if (taken == options.MaxRows)
                    break;
                read++;
                if (!assembler.TryAssemble(row, out var pair, out var reason))
                {
                    run.Quarantine(Batch.Of(0, 1).With(Columns.RowId, [row.Place]), 0, reason);
                    if (batches.FirstReason is null && taken == 0)
                        batches.FirstReason = $"{row.Place}: {reason}";
                    continue;
                }
                taken++;
                batches.Add(pair);
                if (batches.Count < BatchRows)
                    continue;
                await batches.EmitAsync();
                run.Progress(taken, options.MaxRows, "rows");
            }
        }
        if (taken == 0)
            throw new StageException($"{options.Path}: none of the {read} rows holds a preference pair. {batches.FirstReason ?? "The files are empty."}");
        if (batches.Count > 0)
            await batches.EmitAsync();
        run.Progress(taken, taken, "rows");
        run.Summarize("rows", taken);
        run.Summarize("quarantined", read - taken);
        run.Summarize("validation_rows", assembler.ValidationRows);
    }

    private IReadOnlyList<string> FilesOf(IStageRun run)
    {
        var path = run.Resolve(options.Path);
        var all = PipelinePaths.Files(path);
        var files = all.Where(PreferenceFile.IsKnown).ToList();
        if (files.Count > 0)
            return files;
        var named = string.Join(", ", all.Take(5).Select(System.IO.Path.GetFileName));
        throw new StageException(all.Count == 0
            ? $"{path}: there is no such file, and no file matches. Give a file, a folder or a glob of {PreferenceFile.KnownEndings}."
            : $"{path}: there is no data here, only {named}. Preference pairs are read from {PreferenceFile.KnownEndings}.");
    }
}
