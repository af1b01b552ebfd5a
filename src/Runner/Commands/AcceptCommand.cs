using System.CommandLine;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf accept FILE STAGE</c>: an older output stands for a new one.</summary>
internal static class AcceptCommand
{
    public static Command Make()
    {
        var file = Common.File();
        var stage = new Argument<string>("stage") { Description = "clean, voter[3], voter (all of them), round[2].policy" };
        var set = Common.Set();
        var values = Common.Params();
        var store = Common.Store();
        var device = Common.Device();
        var command = new Command("accept", """
            Keeps a stage's last output although something changed that you know does not matter: it is found by the next run as if it had been made anew.
            Nothing is copied. The record keeps that it was accepted, when, and what had changed; 'plan', 'why', 'show' and the model cards behind it say so.

              rlhf why pipelines/quickstart.yaml sft          what changed
              rlhf accept pipelines/quickstart.yaml sft

            Exit codes: 0 the store has it, 2 it cannot be accepted, and why.
            """)
        { file, stage, set, values, store, device };
        command.SetAction(async (parsed, stopping) =>
        {
            if (Common.Check(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set), parsed.GetRequiredValue(values)) is not { } graph
                || Common.Find(graph, parsed.GetRequiredValue(stage)) is not { } nodes
                || Common.Options(parsed.GetRequiredValue(device)) is not { } options)
                return ExitCode.Wrong;
            using var opened = Common.OpenThere(parsed.GetRequiredValue(store));
            return opened is null ? ExitCode.Wrong : await RunAsync(graph, nodes, opened, options, stopping);
        });
        return command;
    }

    private static async Task<int> RunAsync(PipelineGraph graph, IReadOnlyList<GraphNode> nodes, ArtifactStore store, RunOptions options, CancellationToken stopping)
    {
        try
        {
            foreach (var node in nodes)
            {
                var (artifact, accepted) = await OldOutput.AcceptAsync(graph, node, store, options, TimeProvider.System, stopping);
                Console.WriteLine($"{node.Name}: {(accepted ? artifact.Accepted!.ToString() : artifact.Accepted is { } before ? $"was {before}" : "is in the store; there is nothing to accept")}");
            }
            return ExitCode.Done;
        }
        catch (StageException cannot)
        {
            await Console.Error.WriteLineAsync(cannot.Message);
            return ExitCode.Wrong;
        }
    }
}
