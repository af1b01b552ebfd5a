using System.CommandLine;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf rerun FILE STAGE…</c>: stages anew on their cached inputs.</summary>
internal static class RerunCommand
{
    public static Command Make()
    {
        var pipeline = new PipelineArguments();
        var stages = new Argument<string[]>("stage") { Description = "One or more of the pipeline's stages.", HelpName = "STAGE", Arity = ArgumentArity.OneOrMore };
        var watch = new WatchOptions();
        var only = new Option<bool>("--only") { Description = "These stages alone: nothing else runs, whatever is stale." };
        var downstream = new Option<bool>("--downstream") { Description = "These stages and everything that feeds from them, even where nothing changed." };
        var command = new Command("rerun", $"""
            Runs stages anew on their cached inputs; then what changed by it.

              rlhf rerun pipelines/quickstart.yaml clean
              rlhf rerun pipelines/quickstart.yaml 'voter[3]' votes --only

            {SliceOptions.Names}
            Exit codes: 0 done, 1 a stage failed or a promise was broken, 2 the file or the command is wrong and nothing ran, 130 interrupted.
            """)
        { pipeline.File, stages, only, downstream };
        pipeline.AddTo(command);
        watch.AddTo(command);
        command.Validators.Add(Common.NotBoth(only, downstream));
        command.SetAction(async (parsed, _) =>
        {
            if (pipeline.Load(parsed) is not (var graph, var options) || Common.Find(graph, parsed.GetRequiredValue(stages)) is not { } nodes)
                return ExitCode.Wrong;
            var forced = parsed.GetValue(downstream) ? graph.Downstream(nodes) : nodes;
            options = options with
            {
                Force = forced.Select(n => n.Name).ToHashSet(),
                Only = parsed.GetValue(only) ? nodes.Select(n => n.Name).ToHashSet() : null,
            };
            return await watch.RunAsync(parsed, graph, options, pipeline.Store(parsed));
        });
        return command;
    }
}
