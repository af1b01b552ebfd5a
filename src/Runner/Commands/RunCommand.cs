using System.CommandLine;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf run FILE</c>: runs what is stale, finds the rest in the store.</summary>
internal static class RunCommand
{
    public static Command Make()
    {
        var pipeline = new PipelineArguments();
        var slice = new SliceOptions();
        var watch = new WatchOptions();
        var command = new Command("run", $"""
            Runs a pipeline: what the store has is found, the rest runs.

              rlhf run pipelines/quickstart.yaml
              rlhf run pipelines/hh-rlhf.yaml --set pairs.path=data/hh/*.jsonl --store /data/rlhf
              rlhf run pipelines/quickstart.yaml --from clean --to report
              rlhf run pipelines/quickstart.yaml --only 'voter[3],votes' --force votes

            Every run goes on from where the last one stopped, however it ended: there is no option to resume.
            {SliceOptions.Names}
            Exit codes: 0 done, 1 a stage failed or a promise was broken, 2 the file or the command is wrong and nothing ran, 130 interrupted.
            """)
        { pipeline.File };
        pipeline.AddTo(command);
        slice.AddTo(command);
        watch.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            if (pipeline.Load(parsed) is not (var graph, var options) || slice.Read(parsed, graph, options) is not { } sliced)
                return ExitCode.Wrong;
            return await watch.RunAsync(parsed, graph, sliced, pipeline.Store(parsed));
        });
        return command;
    }
}
