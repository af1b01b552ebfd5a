using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf plan FILE</c>: what a run would do with each stage, and why.</summary>
internal static class PlanCommand
{
    internal const int RunsToLearnFrom = 200;

    public static Command Make()
    {
        var pipeline = new PipelineArguments();
        var slice = new SliceOptions();
        var json = new Option<bool>("--json") { Description = "One JSON object instead of lines: docs/running.md says what it holds." };
        var command = new Command("plan", $"""
            Says what a run would do with each stage, why, how long that took before, and the memory that training will take; runs nothing.

              rlhf plan pipelines/quickstart.yaml --set clean.recipe=flip
              rlhf plan pipelines/quickstart.yaml --from clean --to report
              rlhf plan pipelines/quickstart.yaml --json

              hit     in the store            run      it must run
              waits   if an input changes     resume   goes on from a checkpoint
              kept    outside of the slice, out of date, taken as it is
              missing outside of the slice and never made: the run would not begin

            {SliceOptions.Names}
            """)
        { pipeline.File };
        pipeline.AddTo(command);
        slice.AddTo(command);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            if (pipeline.Load(parsed) is not (var graph, var options) || slice.Read(parsed, graph, options) is not { } sliced)
                return ExitCode.Wrong;
            using var opened = Common.Open(pipeline.Store(parsed));
            if (opened is null)
                return ExitCode.Wrong;
            var plan = Planner.Plan(graph, opened, sliced);
            var times = Estimates.Of(plan, new RunHistory(opened.Folder).Recent(RunsToLearnFrom), sliced.Device);
            if (parsed.GetValue(json))
                PlanPrinter.PrintJson(graph, plan, sliced, times, Console.Out);
            else
                PlanPrinter.Print(plan, sliced.Memory, times, Console.Out);
            return ExitCode.Done;
        });
        return command;
    }
}
