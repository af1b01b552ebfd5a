using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf plan FILE</c>: what a run would do with each stage, and why.</summary>
internal static class PlanCommand
{
    public static Command Make()
    {
        var file = Common.File();
        var set = Common.Set();
        var store = Common.Store();
        var device = Common.Device();
        var command = new Command("plan", "Says what a run would do with each stage, why, and the memory that training will take; runs nothing.\n\n  rlhf plan pipelines/quickstart.yaml --set clean.recipe=margin") { file, set, store, device };
        command.SetAction(parsed =>
        {
            if (Common.Check(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set)) is not { } graph || Common.Options(parsed.GetRequiredValue(device)) is not { } options)
                return ExitCode.Wrong;
            using var opened = Common.Open(parsed.GetRequiredValue(store));
            if (opened is null)
                return ExitCode.Wrong;
            PlanPrinter.Print(Planner.Plan(graph, opened, options), options.Memory, Console.Out);
            return ExitCode.Done;
        });
        return command;
    }
}
