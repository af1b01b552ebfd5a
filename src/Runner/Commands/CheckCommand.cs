using System.CommandLine;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf check FILE</c>: every mistake at once; runs nothing.</summary>
internal static class CheckCommand
{
    public static Command Make()
    {
        var pipeline = new PipelineArguments();
        var command = new Command("check", "Checks a pipeline file and runs nothing.\n\n  rlhf check pipelines/quickstart.yaml") { pipeline.File };
        pipeline.AddTo(command, withStore: false);
        command.SetAction(parsed =>
        {
            var options = pipeline.Options(parsed);
            if (pipeline.Check(parsed, parsed.GetRequiredValue(pipeline.File), options) is not { } graph || options is null)
                return ExitCode.Wrong;
            Console.WriteLine($"{parsed.GetRequiredValue(pipeline.File)} is right: '{graph.Name}', {graph.Nodes.Count} stages.");
            foreach (var (node, line) in Foresight.Warnings(Foresight.Of(graph, options.Device).Select(o => (o.Key, (Outlook?)o.Value)), options.Memory))
                Console.WriteLine($"  warning {node.Name}: {line}");
            return ExitCode.Done;
        });
        return command;
    }
}
