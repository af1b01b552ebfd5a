using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Export;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf diff A B</c>: two runs, or two artifacts.</summary>
internal static class DiffCommand
{
    public static Command Make()
    {
        var before = new Argument<string>("before") { Description = "A run (its id, last, last~1) or an artifact (a pinned name, pipeline:stage, the beginning of a key).", HelpName = "A" };
        var after = new Argument<string>("after") { Description = "What to hold against it.", HelpName = "B" };
        var by = new Option<string?>("--by") { Description = "The column that tells which row is which. Default: row_id where both have it, else the rows' places.", HelpName = "COLUMN" };
        var rows = new Option<bool>("--rows") { Description = "Of two runs: compares the rows of every dataset that differs, too." };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of lines." };
        var store = Common.Store();
        var command = new Command("diff", """
            Compares two runs or two artifacts: options, rows, summaries and the ends of curves, seconds. What is equal is left out.

              rlhf diff last~1 last
              rlhf diff last~1 last --rows
              rlhf diff quickstart:strength quickstart:clean
              rlhf diff 3f9c0a 81d2ee --by prompt

            Exit codes: 0 compared, 2 there is no such run, artifact or column.
            """)
        { before, after, by, rows, json, store };
        command.SetAction(async (parsed, stopping) =>
        {
            using var opened = Common.OpenThere(parsed.GetRequiredValue(store));
            if (opened is null)
                return ExitCode.Wrong;
            try
            {
                var (first, second) = (parsed.GetRequiredValue(before), parsed.GetRequiredValue(after));
                var history = new RunHistory(opened.Folder);
                var (was, now) = (history.TryFind(first), history.TryFind(second));
                if (was is not null && now is not null)
                    await RunsAsync(opened, was, now, parsed.GetValue(rows), parsed.GetValue(by), parsed.GetValue(json), stopping);
                else if (was is null && now is null && !IsBack(first) && !IsBack(second))
                    await ArtifactsAsync(opened, opened.Names.Find(first), opened.Names.Find(second), parsed.GetValue(by), parsed.GetValue(json), stopping);
                else if (was is null && IsBack(first) || now is null && IsBack(second))
                    _ = history.Find(was is null && IsBack(first) ? first : second);
                else
                    throw new StageException($"'{(was is null ? second : first)}' is a run and '{(was is null ? first : second)}' is none. Two runs or two artifacts can be compared.  See: rlhf status");
                return ExitCode.Done;
            }
            catch (StageException wrong)
            {
                await Console.Error.WriteLineAsync(wrong.Message);
                return ExitCode.Wrong;
            }
        });
        return command;
    }

    private static bool IsBack(string word) => word == "last" || word.StartsWith("last~", StringComparison.Ordinal);

    private static async Task RunsAsync(ArtifactStore store, RunRecord was, RunRecord now, bool rows, string? by, bool json, CancellationToken stopping)
    {
        var stages = StageComparison.Of(was, now, store);
        var tables = new Dictionary<string, TableDifference>();
        if (rows)
            foreach (var stage in stages.Where(s => s.SameContent == false && s.Was?.Kind == ArtifactKind.Dataset && s.Now?.Kind == ArtifactKind.Dataset))
                tables[stage.Stage] = await TableAsync(store, stage.Was!, stage.Now!, by, stopping);
        DiffPrinter.PrintRuns(was, now, stages, tables, json, Console.Out);
    }

    private static async Task ArtifactsAsync(ArtifactStore store, ArtifactRecord was, ArtifactRecord now, string? by, bool json, CancellationToken stopping)
    {
        var datasets = was.Kind == ArtifactKind.Dataset && now.Kind == ArtifactKind.Dataset;
        DiffPrinter.PrintArtifacts(
            was, now, ArtifactTree.Changes(store, was, now), datasets ? await TableAsync(store, was, now, by, stopping) : null, NumberChange.Of(store, was, now), json, Console.Out);
    }

    private static async Task<TableDifference> TableAsync(ArtifactStore store, ArtifactRecord was, ArtifactRecord now, string? by, CancellationToken stopping)
    {
        using var bar = new Bar("rows", was.Rows + now.Rows, TimeProvider.System);
        return await TableDiff.OfAsync(store, was, now, by, bar.At, stopping);
    }
}
