using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf show FILE STAGE</c>: where an artifact is, what it holds, its first rows.</summary>
internal static class ShowCommand
{
    private static readonly JsonSerializerOptions Cell = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new(Cell) { WriteIndented = true };

    public static Command Make()
    {
        var file = Common.File();
        var stage = new Argument<string>("stage") { Description = "clean, voter[3], round[2].policy" };
        var set = Common.Set();
        var values = Common.Params();
        var store = Common.Store();
        var rows = new Option<int>("--rows") { Description = "So many rows of a dataset. Default: 3.", DefaultValueFactory = _ => 3 };
        var command = new Command("show", "Shows a stage's latest artifact: folder, size, summary, first rows.\n\n  rlhf show pipelines/quickstart.yaml clean --rows 5") { file, stage, set, values, store, rows };
        command.SetAction(async (parsed, _) =>
        {
            if (Common.Check(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set), parsed.GetRequiredValue(values)) is not { } graph)
                return ExitCode.Wrong;
            var name = parsed.GetRequiredValue(stage);
            if (Common.Find(graph, name) is not { } nodes)
                return ExitCode.Wrong;
            if (nodes.Count > 1)
            {
                await Console.Error.WriteLineAsync($"'{name}' is {nodes.Count} stages ({string.Join(", ", nodes.Select(n => n.Name))}).  write: {nodes[0].Name}");
                return ExitCode.Wrong;
            }
            using var opened = Common.Open(parsed.GetRequiredValue(store));
            if (opened is null)
                return ExitCode.Wrong;
            if (opened.LatestKey(graph.Name, nodes[0].Name) is not { } key || opened.Find(key) is not { } record)
            {
                await Console.Error.WriteLineAsync($"The store has nothing of '{name}' yet.  write: rlhf run {parsed.GetRequiredValue(file)}");
                return ExitCode.Wrong;
            }
            Console.WriteLine($"{record.Stage} ({record.Uses}), a {record.Kind.ToString().ToLowerInvariant()}, {record.Rows:N0} rows, {record.Quarantined:N0} put aside, {record.Seconds:0.0} s");
            Console.WriteLine($"folder  {record.Folder}\nkey     {record.Key}\ndigest  {record.Digest}");
            if (record.Accepted is { } accepted)
                Console.WriteLine($"not made anew: {accepted}");
            if (record.Summary.Count > 0)
                Console.WriteLine(record.Summary.ToJsonString(Indented));
            if (record.Kind == ArtifactKind.Dataset)
                await PrintRows(opened, record, parsed.GetValue(rows));
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task PrintRows(ArtifactStore store, ArtifactRecord record, int rows)
    {
        await foreach (var batch in store.Read(record, CancellationToken.None))
        {
            for (var row = 0; row < batch.Rows && rows > 0; row++, rows--)
                foreach (var column in batch.Columns)
                    Console.WriteLine($"  {(column == batch.Columns[0] ? "-" : " ")} {column.Name}: {JsonSerializer.Serialize(batch.Values(column).GetValue(row), Cell)}");
            if (rows <= 0)
                return;
        }
    }
}
