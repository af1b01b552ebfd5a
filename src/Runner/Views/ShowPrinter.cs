using System.Globalization;
using System.Text.Json;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Export;

namespace DataflowRlhf.Runner.Views;

/// <summary>An artifact for a person: what it is, its columns, statistics, curves, rows.</summary>
internal static class ShowPrinter
{
    private const int MostFiles = 20;
    private const int LongestCell = 600;
    private const int LongestReport = 8_000;

    public static void PrintHead(ArtifactRecord artifact, TextWriter to)
    {
        to.WriteLine($"{artifact.Stage} ({artifact.Uses}), a {artifact.Kind.ToString().ToLowerInvariant()}, {(artifact.Kind == ArtifactKind.Dataset ? $"{artifact.Rows:N0} rows, " : "")}{artifact.Quarantined:N0} put aside, {Told.Span(artifact.Seconds)}, made {Told.Time(artifact.Made)}");
        to.WriteLine($"folder  {artifact.Folder}\nkey     {artifact.Key}\ndigest  {artifact.Digest}");
        foreach (var input in artifact.Inputs)
            to.WriteLine($"from    {input.Port}: {input.Stage} {Told.Short(input.Key)}");
        if (artifact.Accepted is { } accepted)
            to.WriteLine($"not made anew: {accepted}");
        if (artifact.Summary.Count > 0)
            to.WriteLine(artifact.Summary.ToJsonString(Told.Indented));
    }

    public static void PrintFiles(ArtifactRecord artifact, TextWriter to)
    {
        var files = new DirectoryInfo(artifact.Folder).EnumerateFiles("*", SearchOption.AllDirectories).OrderBy(f => f.FullName, StringComparer.Ordinal).ToList();
        foreach (var file in files.Take(MostFiles))
            to.WriteLine($"file    {Path.GetRelativePath(artifact.Folder, file.FullName)}  {file.Length:N0} bytes");
        if (files.Count > MostFiles)
            to.WriteLine($"        … and {files.Count - MostFiles:N0} more");
    }

    /// <summary>A model's size and config, or a report's text.</summary>
    public static void PrintContent(ArtifactRecord artifact, TextWriter to)
    {
        if (artifact.Kind == ArtifactKind.Model)
        {
            var parameters = ModelFacts.Parameters(artifact.Folder);
            if (parameters.Count > 0)
                to.WriteLine($"numbers {parameters.Values.Sum():N0} ({string.Join(", ", parameters.Select(p => $"{p.Value:N0} {p.Key}"))})");
            PrintText(Path.Combine(artifact.Folder, "config.json"), to);
        }
        else
        {
            PrintText(Path.Combine(artifact.Folder, "report.txt"), to);
            PrintText(Path.Combine(artifact.Folder, "report.json"), to);
        }
        foreach (var line in artifact.Said)
            to.WriteLine(line);
    }

    public static void PrintSchema(IReadOnlyList<Column> columns, TextWriter to)
    {
        var width = columns.Select(c => c.Name.Length).DefaultIfEmpty().Max();
        foreach (var column in columns)
            to.WriteLine($"column  {column.Name.PadRight(width)}  {column.TypeName}");
    }

    public static async Task PrintRowsAsync(IAsyncEnumerable<Batch> batches, RowsAsked asked, TextWriter to)
    {
        var any = false;
        await foreach (var batch in asked.FromAsync(batches, null))
        {
            var columns = asked.Of(batch.Columns);
            for (var row = 0; row < batch.Rows; row++)
                foreach (var column in columns)
                    to.WriteLine($"  {(column == columns[0] ? "-" : " ")} {column.Name}: {Told.Cell(batch.Values(column).GetValue(row), LongestCell)}");
            any |= batch.Rows > 0;
        }
        if (!any && asked.Where.Count > 0)
            to.WriteLine("No row is like that.");
    }

    public static void PrintStatistics(IReadOnlyList<ColumnStatistics> columns, TextWriter to)
    {
        foreach (var c in columns)
        {
            to.WriteLine($"{c.Name}: {c.Type}, {c.Rows:N0} rows, {(c.DistinctExact ? "" : "≈ ")}{c.Distinct:N0} different{(c.Nulls > 0 ? $", {c.Nulls:N0} empty" : "")}{(c.NotNumbers > 0 ? $", {c.NotNumbers:N0} NaN" : "")}");
            if (c.Mean is { } mean)
                to.WriteLine($"    {c.Measures,-8}mean {Told.Number(mean)} ± {Told.Number(c.Deviation!.Value)}, least {Told.Number(c.Least!.Value)}, 5 % {(c.QuantilesExact ? "" : "≈ ")}{Told.Number(c.Quantile05!.Value)}, half {Told.Number(c.Median!.Value)}, 95 % {Told.Number(c.Quantile95!.Value)}, most {Told.Number(c.Most!.Value)}");
            if (c.Common.Count > 0 && c.Rows > c.Common.Count)
                to.WriteLine($"    {string.Join(", ", c.Common.Select(v => string.Create(CultureInfo.InvariantCulture, $"{Told.Plain(v.Value)} {v.Rows:N0} ({(double)v.Rows / c.Rows:P0})")))}");
        }
    }

    public static void PrintCurves(IReadOnlyList<Curve> curves, TextWriter to)
    {
        if (curves.Count == 0)
            to.WriteLine("It recorded no curve.");
        var width = curves.Select(c => c.Name.Length).DefaultIfEmpty().Max();
        foreach (var c in curves)
            to.WriteLine($"  {c.Name.PadRight(width)}  {Sparkline.Of(c.Shape),-40}  {Told.Number(c.First)} → {Told.Number(c.Last)}, least {Told.Number(c.Least)}, most {Told.Number(c.Most)}; {c.Points:N0} points, steps {c.FirstStep:N0} to {c.LastStep:N0}");
    }

    public static void PrintQuarantine(ArtifactRecord artifact, int rows, TextWriter to)
    {
        var tally = new ReasonTally();
        var first = new List<QuarantinedRow>();
        foreach (var row in Quarantine.Of(artifact))
        {
            tally.Add(row.Reason);
            if (first.Count < rows)
                first.Add(row);
        }
        var counts = tally.Counts.ToList();
        if (counts.Count == 0)
            to.WriteLine("No row was put aside.");
        foreach (var (reason, count) in counts)
            to.WriteLine($"  {count,8:N0}  {Told.Plain(reason)}");
        foreach (var row in first)
        {
            to.WriteLine($"  - {Told.Plain(row.Reason)}");
            foreach (var (column, cell) in row.Cells)
                to.WriteLine($"    {column}: {Told.Cell(cell, LongestCell)}");
        }
    }

    private static void PrintText(string file, TextWriter to)
    {
        if (!File.Exists(file))
            return;
        var text = File.ReadAllText(file);
        to.WriteLine($"{Path.GetFileName(file)}:");
        foreach (var line in (text.Length > LongestReport ? text[..LongestReport] + "…" : text).TrimEnd().Split('\n'))
            to.WriteLine("  " + Told.Plain(line));
    }
}
