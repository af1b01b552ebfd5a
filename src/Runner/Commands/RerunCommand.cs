using System.CommandLine;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf rerun FILE STAGE</c>: a stage anew on its cached inputs.</summary>
internal static class RerunCommand
{
    public static Command Make()
    {
        var file = Common.File();
        var stage = new Argument<string>("stage") { Description = "relabel, voter[3], voter (all of them), round[2].policy" };
        var set = Common.Set();
        var store = Common.Store();
        var device = Common.Device();
        var json = new Option<bool>("--json") { Description = "One JSON event a line instead of a live view." };
        var only = new Option<bool>("--only") { Description = "That stage alone: nothing else runs, whatever is stale." };
        var downstream = new Option<bool>("--downstream") { Description = "That stage and everything that feeds from it, even where nothing changed." };
        var command = new Command("rerun", "Runs one stage anew on its cached inputs; then what changed by it.\n\n  rlhf rerun pipelines/quickstart.yaml clean\n  rlhf rerun pipelines/quickstart.yaml voter[3] --only") { file, stage, set, store, device, json, only, downstream };
        command.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(only) && parsed.GetValue(downstream))
            {
                await Console.Error.WriteLineAsync("--only and --downstream say opposite things. Leave one out.");
                return ExitCode.Wrong;
            }
            if (Common.Check(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set)) is not { } graph || Common.Options(parsed.GetRequiredValue(device)) is not { } options)
                return ExitCode.Wrong;
            var name = parsed.GetRequiredValue(stage);
            if (Common.Find(graph, name) is not { } nodes)
                return ExitCode.Wrong;
            var forced = parsed.GetValue(downstream) ? graph.Downstream(nodes) : nodes;
            options = options with
            {
                Force = forced.Select(n => n.Name).ToHashSet(),
                Only = parsed.GetValue(only) ? nodes.Select(n => n.Name).ToHashSet() : null,
            };
            return await Execution.RunAsync(graph, options, parsed.GetRequiredValue(store), parsed.GetValue(json));
        });
        return command;
    }
}
