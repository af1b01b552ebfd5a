using System.CommandLine;
using System.Text.Json;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Export;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf show</c>: what an artifact holds, for a person or as a file.</summary>
internal static class ShowCommand
{
    private const int RowsShown = 3;

    private sealed record Asked(RowsAsked Rows, bool Statistics, bool Metrics, bool Quarantined, string Format, string? Output, bool Raw);

    public static Command Make()
    {
        var word = new Argument<string>("artifact") { Description = "A pipeline's file, with a stage; or a pinned name, pipeline:stage, the beginning of a key.", HelpName = "FILE|ARTIFACT" };
        var stage = new Argument<string?>("stage") { Description = "clean, voter[3], round[2].policy", Arity = ArgumentArity.ZeroOrOne, HelpName = "STAGE" };
        var pipeline = new PipelineArguments();
        var rows = new Option<long?>("--rows") { Description = $"So many rows of a dataset. Default: {RowsShown}; all of them with another format than table.", HelpName = "N" };
        var columns = new Option<string?>("--columns") { Description = "Only these columns, in this order. Default: all.", HelpName = "a,b" };
        var where = new Option<string[]>("--where") { Description = "Only rows like that: split=train, margin<0, prompt~weather; as often as needed, and all must hold. Default: all rows.", HelpName = "column=value", DefaultValueFactory = _ => [] };
        var statistics = new Option<bool>("--stats") { Description = "Statistics of every column over all rows: different and empty cells, mean, least, most, quantiles, lengths of texts and lists." };
        var metrics = new Option<bool>("--metrics") { Description = "Its curves: first, last, least, most and their shape." };
        var quarantined = new Option<bool>("--quarantined") { Description = "The rows that were put aside: reasons, counted, and the first rows." };
        var format = new Option<string>("--format") { Description = "table, csv, json or jsonl. Default: table.", HelpName = "FORMAT", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "csv", "json", "jsonl");
        var output = new Option<string?>("--output", "-o") { Description = "A new file to write rows to. Default: standard output.", HelpName = "FILE" };
        var raw = new Option<bool>("--raw") { Description = "Leaves a CSV's texts as they are, also those that a spreadsheet would run as formulas." };
        var command = new Command("show", """
            Shows an artifact: folder, summary, columns and first rows of a dataset, config and size of a model, a report's text. Rows can be exported.

              rlhf show pipelines/quickstart.yaml clean --rows 5
              rlhf show quickstart:strength --stats
              rlhf show quickstart:clean --where split=train --columns row_id,margin --format csv --output margins.csv
              rlhf show quickstart:sft --metrics

            Exit codes: 0 shown, 2 there is no such artifact, column or format.
            """)
        { word, stage, rows, columns, where, statistics, metrics, quarantined, format, output, raw };
        pipeline.AddTo(command);
        command.SetAction(async (parsed, stopping) =>
        {
            using var opened = parsed.GetValue(stage) is null ? Common.OpenThere(pipeline.Store(parsed)) : Common.Open(pipeline.Store(parsed));
            if (opened is null || ArtifactAsked.Find(opened, parsed.GetRequiredValue(word), parsed.GetValue(stage), pipeline, parsed) is not { } artifact)
                return ExitCode.Wrong;
            try
            {
                var asked = new RowsAsked(
                    parsed.GetValue(columns)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
                    [.. parsed.GetRequiredValue(where).Select(RowFilter.Parse)], parsed.GetValue(rows) is { } most ? Math.Max(0, most) : null);
                await RunAsync(opened, artifact, new Asked(
                    asked, parsed.GetValue(statistics), parsed.GetValue(metrics), parsed.GetValue(quarantined), parsed.GetRequiredValue(format), parsed.GetValue(output), parsed.GetValue(raw)), stopping);
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

    private static async Task RunAsync(ArtifactStore store, ArtifactRecord artifact, Asked asked, CancellationToken stopping)
    {
        var table = asked.Format == "table";
        if (asked.Output is not null && table)
            throw new StageException("--output takes rows in a format.  write: --format csv");
        if (asked.Statistics)
        {
            Dataset(artifact, "--stats");
            using var bar = new Bar("rows", artifact.Rows, TimeProvider.System);
            var columns = await TableStatistics.OfAsync(Narrowed(asked.Rows, (asked.Rows with { Most = null }).FromAsync(store.Read(artifact, stopping), null)), bar.At);
            bar.Dispose();
            if (!table)
                Json(columns, asked.Format);
            else
                ShowPrinter.PrintStatistics(columns, Console.Out);
            if (table && asked.Rows.Most > 0)
                await ShowPrinter.PrintRowsAsync(store.Read(artifact, stopping), asked.Rows, Console.Out);
        }
        else if (asked.Metrics)
        {
            if (table)
                ShowPrinter.PrintCurves(Curve.Of(store.Metrics(artifact)), Console.Out);
            else if (asked.Format == "csv")
                Points(store.Metrics(artifact));
            else
                Json(Curve.Of(store.Metrics(artifact)), asked.Format);
        }
        else if (asked.Quarantined)
        {
            if (table)
                ShowPrinter.PrintQuarantine(artifact, (int)Math.Min(asked.Rows.Most ?? RowsShown, int.MaxValue), Console.Out);
            else
                foreach (var row in Quarantine.Of(artifact))
                    Console.WriteLine(JsonSerializer.Serialize(row, Told.Line));
        }
        else if (!table && artifact.Kind != ArtifactKind.Dataset)
            Json(artifact, asked.Format);
        else if (!table)
            await ExportAsync(store, artifact, asked, stopping);
        else
            await PrintAsync(store, artifact, asked.Rows with { Most = asked.Rows.Most ?? RowsShown }, stopping);
    }

    private static async Task PrintAsync(ArtifactStore store, ArtifactRecord artifact, RowsAsked rows, CancellationToken stopping)
    {
        ShowPrinter.PrintHead(artifact, Console.Out);
        if (artifact.Kind != ArtifactKind.Dataset)
        {
            ShowPrinter.PrintFiles(artifact, Console.Out);
            ShowPrinter.PrintContent(artifact, Console.Out);
            return;
        }
        await foreach (var batch in store.Read(artifact, stopping))
        {
            ShowPrinter.PrintSchema(rows.Of(batch.Columns), Console.Out);
            break;
        }
        if (rows.Most > 0)
            await ShowPrinter.PrintRowsAsync(store.Read(artifact, stopping), rows, Console.Out);
    }

    private static async Task ExportAsync(ArtifactStore store, ArtifactRecord artifact, Asked asked, CancellationToken stopping)
    {
        var (rows, guarded) = await RowExport.RunAsync(store, artifact, asked.Rows, asked.Format, asked.Output, asked.Raw, stopping);
        if (asked.Output is not null)
            await Console.Error.WriteLineAsync($"{rows:N0} rows in {asked.Output}.");
        if (guarded > 0)
            await Console.Error.WriteLineAsync($"{guarded:N0} texts begin like a formula and have an apostrophe in front, so that no spreadsheet runs them; --raw leaves them as they are.");
    }

    private static async IAsyncEnumerable<Batch> Narrowed(RowsAsked rows, IAsyncEnumerable<Batch> batches)
    {
        await foreach (var batch in batches)
        {
            var kept = rows.Of(batch.Columns).Select(c => c.Name).ToHashSet();
            yield return batch.Without([.. batch.Columns.Select(c => c.Name).Where(n => !kept.Contains(n))]);
        }
    }

    private static void Points(IEnumerable<MetricPoint> points)
    {
        Console.WriteLine("name,step,value");
        foreach (var point in points)
            Console.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{point.Name},{point.Step},{point.Value:R}"));
    }

    private static void Json<T>(T value, string format)
    {
        if (format == "csv")
            throw new StageException("this is no table of rows, which csv could hold.  write: --format json");
        Console.WriteLine(JsonSerializer.Serialize(value, format == "jsonl" ? Told.Line : Told.Indented));
    }

    private static void Dataset(ArtifactRecord artifact, string option)
    {
        if (artifact.Kind != ArtifactKind.Dataset)
            throw new StageException($"{artifact.Stage} is a {artifact.Kind.ToString().ToLowerInvariant()}, and {option} looks at rows.  write: --metrics");
    }
}
