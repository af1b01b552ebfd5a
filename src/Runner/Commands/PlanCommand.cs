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
        var file = Common.File();
        var set = Common.Set();
        var values = Common.Params();
        var slice = new SliceOptions();
        var store = Common.Store();
        var device = Common.Device();
        var command = new Command("plan", $"""
            Says what a run would do with each stage, why, how long that took before, and the memory that training will take; runs nothing.

              rlhf plan pipelines/quickstart.yaml --set clean.recipe=flip
              rlhf plan pipelines/quickstart.yaml --from clean --to report

              hit     in the store            run      it must run
              waits   if an input changes     resume   goes on from a checkpoint
              kept    outside of the slice, out of date, taken as it is
              missing outside of the slice and never made: the run would not begin

            {SliceOptions.Names}
            """)
        { file, set, values };
        slice.AddTo(command);
        command.Options.Add(store);
        command.Options.Add(device);
        command.SetAction(parsed =>
        {
            if (Common.Check(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set), parsed.GetRequiredValue(values)) is not { } graph
                || Common.Options(parsed.GetRequiredValue(device)) is not { } options
                || slice.Read(parsed, graph, options) is not { } sliced)
                return ExitCode.Wrong;
            using var opened = Common.Open(parsed.GetRequiredValue(store));
            if (opened is null)
                return ExitCode.Wrong;
            var plan = Planner.Plan(graph, opened, sliced);
            PlanPrinter.Print(plan, sliced.Memory, Estimates.Of(plan, new RunHistory(opened.Folder).Recent(RunsToLearnFrom), sliced.Device), Console.Out);
            return ExitCode.Done;
        });
        return command;
    }
}
