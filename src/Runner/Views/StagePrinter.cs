using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>A stage's page: what it is for, what feeds it, what it leaves, its options.</summary>
internal static class StagePrinter
{
    public static void Print(StageKind kind, TextWriter to)
    {
        var options = Activator.CreateInstance(kind.OptionsType)!;
        to.WriteLine($"{kind.Name}: {kind.Summary}");
        try
        {
            var ports = kind.Create(options).Ports;
            to.WriteLine($"\nfrom    {(ports.Inputs.Count == 0 ? "nothing" : string.Join("\n        ", ports.Inputs.Select(Describe)))}");
            to.WriteLine($"leaves  {Describe(ports.Output)}");
        }
        catch (Exception wrong) when (wrong is OptionException or StageException)
        {
            to.WriteLine($"\nfrom    depends on its options ({wrong.Message})");
        }
        if (kind.Options.Count == 0)
            return;
        to.WriteLine("\nwith");
        var width = kind.Options.Select(o => o.Name.Length).DefaultIfEmpty().Max();
        foreach (var option in kind.Options)
        {
            var range = option.Range is { } r ? $" [{r.Minimum} to {r.Maximum}]" : "";
            to.WriteLine($"  {option.Name.PadRight(width)}  {option.Summary}{range}");
        }
    }

    private static string Describe(InputPort port)
    {
        var kind = port switch
        {
            DatasetPort rows => rows.Needs.Count == 0 ? "a dataset" : "a dataset with " + string.Join(", ", rows.Needs),
            ModelPort => "a model",
            _ => "any artifact",
        };
        return $"{port.Name}: {kind}{(port.Many ? ", one or more" : "")}{(port.Optional ? ", may be left out" : "")}";
    }

    private static string Describe(Output output) => output switch
    {
        DatasetOutput { PassesOn: { } port } rows => $"the rows of {port} with {string.Join(", ", rows.Adds)}",
        DatasetOutput rows => "a dataset with " + string.Join(", ", rows.Adds),
        ModelOutput => "a model (a Hugging Face folder)",
        _ => "a report",
    };
}
