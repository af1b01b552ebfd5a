using System.CommandLine;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Commands;

/// <summary>How a run is watched, for every command that runs stages.</summary>
internal sealed class WatchOptions
{
    private readonly Option<bool> json = new("--json") { Description = "One JSON event a line instead of a live view: docs/events.md says what each holds." };
    private readonly Option<bool> quiet = new("--quiet", "-q") { Description = "Nothing but warnings and what failed, on standard error." };

    private readonly Option<TimeSpan> stall = new("--stall-after")
    {
        Description = "When nothing moves for so long, the run says which stage waits for which: 90s, 10m, 1h. Default: 5m.",
        HelpName = "TIME",
        DefaultValueFactory = _ => new RunOptions().StallAfter,
        CustomParser = result =>
        {
            if (Duration.Parse(result.Tokens[0].Value) is { } time && time >= TimeSpan.FromSeconds(1))
                return time;
            result.AddError($"--stall-after '{result.Tokens[0].Value}' is no length of time of a second or more: 90s, 10m, 1h.  write: --stall-after 10m");
            return default;
        },
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { stall, json, quiet })
            command.Options.Add(option);
        command.Validators.Add(Common.NotBoth(json, quiet));
    }

    /// <summary>Whether lines for a person may follow those of the run.</summary>
    public bool Talks(ParseResult parsed) => !parsed.GetValue(json) && !parsed.GetValue(quiet);

    /// <summary>Runs the graph under the view that was asked for.</summary>
    /// <returns>The program's exit code.</returns>
    public Task<int> RunAsync(ParseResult parsed, PipelineGraph graph, RunOptions options, string store) =>
        Execution.RunAsync(graph, options with { StallAfter = parsed.GetValue(stall) }, store, parsed.GetValue(json), parsed.GetValue(quiet));
}
