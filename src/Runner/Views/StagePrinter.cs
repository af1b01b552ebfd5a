using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Nodes;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>A stage's page: what it is for, what feeds it, what it leaves, its options, an example.</summary>
internal static class StagePrinter
{
    public static void Print(StageKind kind, TextWriter to)
    {
        to.WriteLine($"{kind.Name}: {kind.Summary}");
        if (kind.Plugin is { } plugin)
            to.WriteLine($"of {plugin}");
        if (Ports(kind, out var depends) is { } ports)
        {
            to.WriteLine($"\nfrom    {(ports.Inputs.Count == 0 ? "nothing" : string.Join("\n        ", ports.Inputs.Select(Describe)))}");
            to.WriteLine($"leaves  {Describe(ports.Output)}");
        }
        else
            to.WriteLine($"\nfrom    depends on its options ({depends})");
        if (kind.Options.Count > 0)
            PrintOptions(kind, to);
        if (kind.Example is not { } example)
            return;
        to.WriteLine("\nexample");
        foreach (var line in example.Pipeline.TrimEnd().Split('\n'))
            to.WriteLine(line.Length == 0 ? "" : "  " + line);
        if (example.File is { } file)
            to.WriteLine($"\n{file}\n  {example.Content.TrimEnd().ReplaceLineEndings("\n  ")}");
    }

    /// <summary>The ports as the defaults have them; null where they cannot be asked without options, with the reason.</summary>
    public static StagePorts? Ports(StageKind kind, out string depends)
    {
        try
        {
            depends = "";
            return kind.Create(Activator.CreateInstance(kind.OptionsType)!).Ports;
        }
        catch (Exception wrong) when (wrong is OptionException or StageException)
        {
            depends = wrong.Message;
            return null;
        }
    }

    private static void PrintOptions(StageKind kind, TextWriter to)
    {
        to.WriteLine("\nwith");
        var width = kind.Options.Max(o => o.Name.Length);
        var pad = new string(' ', width + 4);
        foreach (var option in kind.Options)
        {
            to.WriteLine($"  {option.Name.PadRight(width)}  {option.Takes}{Range(option.Range)}, {Default(option)}{(option.PerformanceOnly ? "; speed only, not in the cache key" : "")}");
            to.WriteLine($"{pad}{option.Summary}");
        }
    }

    private static string Default(StageOption option) => option.Required ? "must be given" : option.Default switch
    {
        null => "default none",
        JsonArray { Count: 0 } => "default an empty list",
        JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.String && value.GetValue<string>().Length > 0 => $"default {value.GetValue<string>()}",
        var value => $"default {value.ToJsonString()}",
    };

    private static string Range(RangeAttribute? range)
    {
        if (range is null)
            return "";
        var open = range.Maximum is int.MaxValue or double.MaxValue or double.PositiveInfinity;
        return FormattableString.Invariant(open ? (FormattableString)$" from {range.Minimum}" : $" from {range.Minimum} to {range.Maximum}");
    }

    private static string Describe(InputPort port)
    {
        var kind = port switch
        {
            DatasetPort rows => (rows.Needs.Count == 0 ? "a dataset" : "a dataset with " + string.Join(", ", rows.Needs)) + (rows.Streams ? "" : "; waits until it is whole"),
            ModelPort { Holds.Count: > 0 } model => string.Join(" or ", model.Holds.Select(h => "a " + h)),
            ModelPort => "a model",
            _ => "any artifact",
        };
        return $"{port.Name}: {kind}{(port.Many ? "; one or more" : "")}{(port.Optional ? "; may be left out" : "")}";
    }

    private static string Describe(Output output) => output switch
    {
        DatasetOutput { PassesOn: { } port } rows => $"the rows of {port}, every column passed on{(rows.Drops.Count == 0 ? "" : $" less {string.Join(", ", rows.Drops)}")}, with {string.Join(", ", rows.Adds)}",
        DatasetOutput rows => "a dataset with " + string.Join(", ", rows.Adds),
        ModelOutput model => $"a {model.Holds ?? "model"} (a Hugging Face folder)",
        _ => "a report",
    };
}
