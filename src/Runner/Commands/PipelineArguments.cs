using System.CommandLine;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Commands;

/// <summary>What the commands on a pipeline share: its file, values for it, the store, the device, and how they are read.</summary>
internal sealed class PipelineArguments
{
    private readonly Option<string[]> set = new("--set")
    {
        Description = "Overrides an option, a param or the seed: --set relabel.flip-below=0.1; as often as needed. Default: as the file has it.",
        HelpName = "name=value",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string[]> values = new("--params")
    {
        Description = "Values for the pipeline's params: a YAML or JSON map of names to values. --set wins over it. Default: as the file has it.",
        HelpName = "file",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string> store = Common.Store();
    private readonly Option<string> device = Common.Device();

    /// <summary>The file, for a command that takes nothing else in its place.</summary>
    public Argument<string> File { get; } = new("pipeline") { Description = "The pipeline's YAML file.", HelpName = "FILE" };

    /// <summary>Adds the options; the file stands among the command's own arguments.</summary>
    /// <param name="withStore">Whether it looks into a store.</param>
    /// <param name="withDevice">Whether it matters where tensors live.</param>
    public void AddTo(Command command, bool withStore = true, bool withDevice = true)
    {
        command.Options.Add(set);
        command.Options.Add(values);
        if (withStore)
            command.Options.Add(store);
        if (withDevice)
            command.Options.Add(device);
    }

    /// <summary>The checked graph, and the options of a run on the device; or null with every mistake printed.</summary>
    public (PipelineGraph Graph, RunOptions Options)? Load(ParseResult parsed) => Load(parsed, parsed.GetRequiredValue(File));

    /// <inheritdoc cref="Load(ParseResult)"/>
    public (PipelineGraph Graph, RunOptions Options)? Load(ParseResult parsed, string path) =>
        Check(parsed, path) is { } graph && Options(parsed) is { } options ? (graph, options) : null;

    /// <summary>The checked graph, or null with every mistake printed.</summary>
    public PipelineGraph? Check(ParseResult parsed) => Check(parsed, parsed.GetRequiredValue(File));

    /// <inheritdoc cref="Check(ParseResult)"/>
    /// <param name="parsed">The command line.</param>
    /// <param name="path">The file.</param>
    /// <param name="run">Where a run would be, so that a stage that cannot fit is a mistake; null: the store may have what it makes.</param>
    public PipelineGraph? Check(ParseResult parsed, string path, RunOptions? run = null) => Common.Check(path, parsed.GetRequiredValue(set), parsed.GetRequiredValue(values), run);

    /// <summary>The options of a run on the device, or null with the reason printed.</summary>
    public RunOptions? Options(ParseResult parsed) => Common.Options(parsed.GetRequiredValue(device));

    /// <summary>The store's folder.</summary>
    public string Store(ParseResult parsed) => parsed.GetRequiredValue(store);
}
