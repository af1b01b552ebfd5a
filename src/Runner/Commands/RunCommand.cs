using System.CommandLine;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf run FILE</c>: runs what is stale, finds the rest in the store.</summary>
internal static class RunCommand
{
    public static Command Make()
    {
        var file = Common.File();
        var set = Common.Set();
        var store = Common.Store();
        var device = Common.Device();
        var json = new Option<bool>("--json") { Description = "One JSON event a line instead of a live view." };
        var force = new Option<bool>("--force") { Description = "Runs every stage anew." };
        var command = new Command("run", "Runs a pipeline: what the store has is found, the rest runs.\n\n  rlhf run pipelines/quickstart.yaml\n  rlhf run pipelines/hh-rlhf.yaml --set pairs.path=data/hh/*.jsonl --store /data/rlhf") { file, set, store, device, json, force };
        command.SetAction(async (parsed, _) =>
        {
            if (Common.Check(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set)) is not { } graph || Common.Options(parsed.GetRequiredValue(device)) is not { } options)
                return ExitCode.Wrong;
            options = options with { Force = parsed.GetValue(force) ? graph.Nodes.Select(n => n.Name).ToHashSet() : [] };
            return await Execution.RunAsync(graph, options, parsed.GetRequiredValue(store), parsed.GetValue(json));
        });
        return command;
    }
}
