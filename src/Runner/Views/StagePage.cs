using System.Text.Json.Nodes;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>A stage's page for programs.</summary>
internal static class StagePage
{
    public static JsonNode Json(StageKind kind)
    {
        var page = new JsonObject { ["name"] = kind.Name, ["summary"] = kind.Summary, ["plugin"] = kind.Plugin };
        if (StagePrinter.Ports(kind, out var depends) is { } ports)
        {
            page["from"] = new JsonArray([.. ports.Inputs.Select(Port)]);
            page["leaves"] = Leaves(ports.Output);
        }
        else
            page["depends"] = depends;
        page["with"] = new JsonArray([.. kind.Options.Select(Option)]);
        page["example"] = kind.Example?.Pipeline;
        if (kind.Example?.File is { } file)
            page["example-file"] = new JsonObject { ["name"] = file, ["content"] = kind.Example.Content };
        return page;
    }

    private static JsonNode Port(InputPort port) => new JsonObject
    {
        ["name"] = port.Name,
        ["takes"] = port switch { DatasetPort => "dataset", ModelPort => "model", _ => "any" },
        ["optional"] = port.Optional,
        ["many"] = port.Many,
        ["streams"] = port is DatasetPort { Streams: true },
        ["needs"] = Columns((port as DatasetPort)?.Needs ?? []),
        ["holds"] = port is ModelPort { Holds.Count: > 0 } model ? new JsonArray([.. model.Holds.Select(h => (JsonNode)h)]) : null,
    };

    private static JsonObject Leaves(Output output)
    {
        var leaves = new JsonObject { ["kind"] = output.Kind.ToString().ToLowerInvariant() };
        if (output is ModelOutput { Holds: { } holds })
            leaves["holds"] = holds;
        if (output is DatasetOutput rows)
        {
            leaves["passes-on"] = rows.PassesOn;
            leaves["adds"] = Columns(rows.Adds);
            leaves["drops"] = new JsonArray([.. rows.Drops.Select(d => (JsonNode)d)]);
        }
        return leaves;
    }

    private static JsonNode Option(StageOption option) => new JsonObject
    {
        ["name"] = option.Name,
        ["takes"] = option.Takes,
        ["required"] = option.Required,
        ["default"] = option.Default,
        ["minimum"] = Bound(option.Range?.Minimum),
        ["maximum"] = Bound(option.Range?.Maximum),
        ["performance-only"] = option.PerformanceOnly,
        ["input-path"] = option.InputPath,
        ["summary"] = option.Summary,
    };

    private static JsonNode? Bound(object? end) => end switch
    {
        null => null,
        int whole => JsonValue.Create(whole),
        double number => JsonValue.Create(number),
        _ => JsonValue.Create(Convert.ToString(end, System.Globalization.CultureInfo.InvariantCulture)),
    };

    private static JsonArray Columns(IEnumerable<Column> columns) => new([.. columns.Select(c => (JsonNode)new JsonObject { ["name"] = c.Name, ["type"] = c.TypeName })]);
}
