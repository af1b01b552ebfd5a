using DataflowRlhf.Runner;
using DataflowRlhf.Runner.Commands;

namespace DataflowRlhf.Bench;

/// <summary>The program's run, except that dataset stages keep what they have made fifty times a second: the crash pipeline is too short for the ten seconds of every day.</summary>
internal static class CrashChild
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(20);

    public static async Task<int> RunAsync(string pipeline, string store)
    {
        if (Common.Check(pipeline, [], []) is not { } graph || Common.Options("cpu") is not { } options)
            return ExitCode.Wrong;
        return await Execution.RunAsync(graph, options with { KeepEvery = Often }, store, json: true);
    }
}
