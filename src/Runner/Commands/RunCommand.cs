using System.CommandLine;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf run FILE</c>: runs what is stale, finds the rest in the store.</summary>
internal static class RunCommand
{
    public static Command Make()
    {
        var file = Common.File();
        var set = Common.Set();
        var values = Common.Params();
        var slice = new SliceOptions();
        var store = Common.Store();
        var device = Common.Device();
        var stall = Common.StallAfter();
        var json = Common.Json();
        var quiet = Common.Quiet();
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
        { file, set, values };
        slice.AddTo(command);
        foreach (var option in new Option[] { store, device, stall, json, quiet })
            command.Options.Add(option);
        command.Validators.Add(Common.NotBoth(json, quiet));
        command.SetAction(async (parsed, _) =>
        {
            if (Common.Check(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set), parsed.GetRequiredValue(values)) is not { } graph
                || Common.Options(parsed.GetRequiredValue(device)) is not { } options
                || slice.Read(parsed, graph, options) is not { } sliced)
                return ExitCode.Wrong;
            return await Execution.RunAsync(graph, sliced with { StallAfter = parsed.GetValue(stall) }, parsed.GetRequiredValue(store), parsed.GetValue(json), parsed.GetValue(quiet));
        });
        return command;
    }
}
