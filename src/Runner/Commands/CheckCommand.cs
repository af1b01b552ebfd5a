using System.CommandLine;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf check FILE</c>: every mistake at once; runs nothing.</summary>
internal static class CheckCommand
{
    public static Command Make()
    {
        var file = Common.File();
        var set = Common.Set();
        var values = Common.Params();
        var command = new Command("check", "Checks a pipeline file and runs nothing.\n\n  rlhf check pipelines/quickstart.yaml") { file, set, values };
        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(file);
            if (Common.Check(path, parsed.GetRequiredValue(set), parsed.GetRequiredValue(values)) is not { } graph)
                return ExitCode.Wrong;
            Console.WriteLine($"{path} is right: '{graph.Name}', {graph.Nodes.Count} stages.");
            if (Common.Options("auto") is { } options)
                foreach (var (node, line) in Foresight.Warnings(Foresight.Of(graph, options.Device).Select(o => (o.Key, (Outlook?)o.Value)), options.Memory))
                    Console.WriteLine($"  warning {node.Name}: {line}");
            return ExitCode.Done;
        });
        return command;
    }
}
