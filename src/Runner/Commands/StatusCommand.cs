using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf status [FILE]</c>: a store's runs, or how each stage of a pipeline stands.</summary>
internal static class StatusCommand
{
    public static Command Make()
    {
        var file = new Argument<string?>("pipeline") { Description = "The pipeline's YAML file; without it, the store's runs.", Arity = ArgumentArity.ZeroOrOne };
        var pipeline = new PipelineArguments();
        var runs = new Option<int>("--runs") { Description = "So many runs, the newest first. Default: 10.", DefaultValueFactory = _ => 10 };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of lines." };
        var command = new Command("status", """
            Without a file: the store's newest runs, and who is running now. With one: each stage fresh, stale, waiting, resuming, missing or never run, and why.

              rlhf status
              rlhf status pipelines/quickstart.yaml --set clean.recipe=flip

            Exit codes: 0 told, 2 the file or the store is wrong.
            """)
        { file, runs, json };
        pipeline.AddTo(command);
        command.SetAction(parsed =>
        {
            var folder = pipeline.Store(parsed);
            if (parsed.GetValue(file) is not { } path)
                return Runs(folder, Math.Max(0, parsed.GetValue(runs)), parsed.GetValue(json));
            if (pipeline.Load(parsed, path) is not (var graph, var options))
                return ExitCode.Wrong;
            using var opened = Common.Open(folder);
            if (opened is null)
                return ExitCode.Wrong;
            var stages = StageStatus.Of(graph, opened, Planner.Plan(graph, opened, options));
            var history = new RunHistory(folder);
            var last = history.Recent().FirstOrDefault(r => r.Pipeline == graph.Name);
            StatusPrinter.PrintStages(stages, last, history, parsed.GetValue(json), Console.Out);
            return ExitCode.Done;
        });
        return command;
    }

    private static int Runs(string folder, int most, bool json)
    {
        try
        {
            var state = StoreState.Of(folder);
            var history = new RunHistory(folder);
            StatusPrinter.PrintRuns([.. history.Recent(most)], state, history, json, TimeProvider.System, Console.Out);
            return ExitCode.Done;
        }
        catch (Exception none) when (none is StageException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine($"The store {folder} cannot be looked at: {none.Message}  Another: --store DIR");
            return ExitCode.Wrong;
        }
    }
}
