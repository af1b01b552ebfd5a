using System.CommandLine;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf accept FILE STAGE</c>: an older output stands for a new one.</summary>
internal static class AcceptCommand
{
    public static Command Make()
    {
        var pipeline = new PipelineArguments();
        var stage = new Argument<string>("stage") { Description = "clean, voter[3], voter (all of them), round[2].policy" };
        var command = new Command("accept", """
            Keeps a stage's last output although something changed that you know does not matter: it is found by the next run as if it had been made anew.
            Nothing is copied. The record keeps that it was accepted, when, and what had changed; 'plan', 'why', 'show' and the model cards behind it say so.

              rlhf why pipelines/quickstart.yaml sft          what changed
              rlhf accept pipelines/quickstart.yaml sft

            Exit codes: 0 the store has it, 2 it cannot be accepted, and why.
            """)
        { pipeline.File, stage };
        pipeline.AddTo(command);
        command.SetAction(async (parsed, stopping) =>
        {
            if (pipeline.Load(parsed) is not (var graph, var options) || Common.Find(graph, parsed.GetRequiredValue(stage)) is not { } nodes)
                return ExitCode.Wrong;
            using var opened = Common.OpenThere(pipeline.Store(parsed));
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
