using System.Text.Json;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>What differs between two runs or two artifacts.</summary>
internal static class DiffPrinter
{
    private const int LongestValue = 120;
    private const int MostNumbers = 30;
    private const int MostCode = 4;

    public static void PrintRuns(RunRecord was, RunRecord now, IReadOnlyList<StageComparison> stages, IReadOnlyDictionary<string, TableDifference> tables, bool json, TextWriter to)
    {
        if (json)
        {
            to.WriteLine(JsonSerializer.Serialize(new
            {
                before = was.Id,
                after = now.Id,
                stages = stages.Select(s => new { stage = s.Stage, same = s.IsSame, sameContent = s.SameContent, options = s.Options, numbers = s.Numbers, before = s.Before, after = s.After, table = tables.GetValueOrDefault(s.Stage) }),
            }, Told.Indented));
            return;
        }
        to.WriteLine($"- {Run(was)}\n+ {Run(now)}");
        foreach (var setting in was.Settings.Except(now.Settings))
            to.WriteLine($"- --set {Told.Plain(setting)}");
        foreach (var setting in now.Settings.Except(was.Settings))
            to.WriteLine($"+ --set {Told.Plain(setting)}");
        Differ("seed", was.Seed.ToString(), now.Seed.ToString(), to);
        Differ("device", was.Device, now.Device, to);
        foreach (var stage in stages.Where(s => !s.IsSame && !HasNothing(s)))
            PrintStage(stage, tables.GetValueOrDefault(stage.Stage), to);
        Without("the first", [.. stages.Where(s => s.Before?.State == StageState.Planned && s.After is { State: not StageState.Planned })], to);
        Without("the second", [.. stages.Where(s => s.After?.State == StageState.Planned && s.Before is { State: not StageState.Planned })], to);
        var both = stages.Where(s => !HasNothing(s)).ToList();
        to.WriteLine($"{both.Count(s => s.IsSame)} of {both.Count} stages are the same.");
    }

    public static void PrintArtifacts(ArtifactRecord was, ArtifactRecord now, IReadOnlyList<FieldChange> fields, TableDifference? table, IReadOnlyList<NumberChange> numbers, bool json, TextWriter to)
    {
        if (json)
        {
            to.WriteLine(JsonSerializer.Serialize(new { before = was, after = now, fields, table, numbers }, Told.Indented));
            return;
        }
        to.WriteLine($"- {Artifact(was)}\n+ {Artifact(now)}");
        if (was.Digest == now.Digest)
            to.WriteLine("  content   the very same bytes");
        // Options of stages of two kinds have nothing to do with each other.
        PrintFields(was.Uses == now.Uses ? fields : [.. fields.Where(f => f.What is "stage" or "device")], to);
        if (was.Uses == now.Uses)
            PrintCode(fields, to);
        if (table is not null)
            PrintTable(table, to);
        PrintNumbers(numbers, to);
    }

    private static void PrintStage(StageComparison stage, TableDifference? table, TextWriter to)
    {
        if (stage.Before is null || stage.After is null)
        {
            to.WriteLine($"\n{stage.Stage}  only in {(stage.Before is null ? "the second" : "the first")}");
            return;
        }
        var (was, now) = (stage.Before, stage.After);
        to.WriteLine($"\n{stage.Stage} ({now.Uses})  {(stage.SameContent switch { true => "the same content", false => "other content", null => $"{Word(was)} → {Word(now)}" })}");
        PrintFields(stage.Options, to);
        if (was.Rows != now.Rows)
            to.WriteLine($"  rows      {was.Rows:N0} → {now.Rows:N0}");
        if (was.Quarantined != now.Quarantined)
            to.WriteLine($"  put aside {was.Quarantined:N0} → {now.Quarantined:N0}");
        if (table is not null)
            PrintTable(table, to);
        PrintNumbers(stage.Numbers, to);
        if (stage is { SameContent: false } && (stage.Was is null || stage.Now is null))
            to.WriteLine("  numbers   an artifact of it is gone from the store");
        if (was.State == StageState.Ran && now.State == StageState.Ran)
            to.WriteLine($"  took      {Told.Span(was.Seconds)} → {Told.Span(now.Seconds)}");
    }

    /// <summary>A run of a part never came to it: there is nothing to hold against the other's.</summary>
    private static bool HasNothing(StageComparison stage) => stage.Before?.State == StageState.Planned || stage.After?.State == StageState.Planned;

    private static void Without(string run, IReadOnlyList<StageComparison> stages, TextWriter to)
    {
        if (stages.Count > 0)
            to.WriteLine($"\n{run} run did not come to {string.Join(", ", stages.Take(MostNumbers).Select(s => s.Stage))}{(stages.Count > MostNumbers ? $" and {stages.Count - MostNumbers} more" : "")}\n");
    }

    private static void PrintFields(IReadOnlyList<FieldChange> fields, TextWriter to)
    {
        foreach (var field in fields.Where(f => f.What != "code"))
            to.WriteLine($"  {field.What,-9} {(field.Field.Length > field.What.Length ? field.Field[(field.What.Length + 1)..] : "")}  {Value(field.Was)} → {Value(field.Now)}");
    }

    /// <summary>Code in one line: of hundreds of types, the first few.</summary>
    private static void PrintCode(IReadOnlyList<FieldChange> fields, TextWriter to)
    {
        var code = fields.Where(f => f.What == "code").Select(f => f.Field[5..]).ToList();
        if (code.Count > 0)
            to.WriteLine($"  code      {string.Join(", ", code.Take(MostCode))}{(code.Count > MostCode ? $" and {code.Count - MostCode} more" : "")} changed");
    }

    private static void PrintTable(TableDifference table, TextWriter to)
    {
        if (table.IsNone)
        {
            to.WriteLine($"  rows      all {table.Same:N0} are the same");
            return;
        }
        foreach (var column in table.Gone)
            to.WriteLine($"  column    - {column}");
        foreach (var column in table.New)
            to.WriteLine($"  column    + {column}");
        to.WriteLine($"  rows      {table.Added:N0} added, {table.Removed:N0} removed, {table.Changed:N0} changed, {table.Same:N0} the same (by {table.By ?? "place"})");
        foreach (var (column, count) in table.ChangedBy.OrderByDescending(c => c.Value))
            to.WriteLine($"    {column}  differs in {count:N0}");
        if (table.Examples.Count > 0)
            to.WriteLine($"    such as {Told.Plain(string.Join(", ", table.Examples))}");
    }

    private static void PrintNumbers(IReadOnlyList<NumberChange> numbers, TextWriter to)
    {
        var width = numbers.Take(MostNumbers).Select(n => n.Name.Length).DefaultIfEmpty().Max();
        foreach (var n in numbers.Take(MostNumbers))
            to.WriteLine($"  number    {n.Name.PadRight(width)}  {Number(n.Was)} → {Number(n.Now)}{(n.Difference is { } d ? $"  ({(d >= 0 ? "+" : "")}{Told.Number(d)})" : "")}");
        if (numbers.Count > MostNumbers)
            to.WriteLine($"            … and {numbers.Count - MostNumbers} more: --json");
    }

    private static void Differ(string what, string was, string now, TextWriter to)
    {
        if (was != now)
            to.WriteLine($"  {what,-9} {was} → {now}");
    }

    private static string Run(RunRecord run) => $"{run.Id}  {run.Pipeline}, {run.State.ToString().ToLowerInvariant()}{(run.Ended is { } ended ? $", {Told.Span((ended - run.Started).TotalSeconds)}" : "")}";

    private static string Artifact(ArtifactRecord artifact) => $"{Told.Short(artifact.Key)}  {artifact.Stage} ({artifact.Uses}), {(artifact.Kind == ArtifactKind.Dataset ? $"{artifact.Rows:N0} rows, " : "")}{Told.Span(artifact.Seconds)}, {Told.Time(artifact.Made)}";

    private static string Word(StageTrace trace) => trace.State.ToString().ToLowerInvariant();

    private static string Number(double? value) => value is { } number ? Told.Number(number) : "(none)";

    private static string Value(string? value) => value is null ? "(none)"
        : value.Length > 40 && value.Split(' ').All(v => v.All(char.IsAsciiHexDigitLower)) ? string.Join(' ', value.Split(' ').Select(Told.Short))
        : Told.Option(value) is var text && text.Length > LongestValue ? text[..LongestValue] + "…" : text;
}
