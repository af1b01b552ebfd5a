using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf why FILE STAGE</c>: field by field what changed since a stage's latest artifact.</summary>
internal static class WhyCommand
{
    public static Command Make()
    {
        var file = Common.File();
        var stage = new Argument<string>("stage") { Description = "clean, voter[3], voter (all of them), round[2].policy" };
        var set = Common.Set();
        var values = Common.Params();
        var store = Common.Store();
        var device = Common.Device();
        var command = new Command("why", """
            Says why a stage would run or be found: field by field what changed since its latest artifact. Runs nothing.

              rlhf why pipelines/quickstart.yaml clean --set clean.flip-quantile=0.1

              clean (relabel) must run: option flip-quantile: 0.2 → 0.1
                since   3f9c0a11d2b7 of 2026-11-21 10:40 UTC
                option  flip-quantile  0.2 → 0.1
            """)
        { file, stage, set, values, store, device };
        command.SetAction(parsed =>
        {
            if (Common.Check(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set), parsed.GetRequiredValue(values)) is not { } graph
                || Common.Find(graph, parsed.GetRequiredValue(stage)) is not { } nodes
                || Common.Options(parsed.GetRequiredValue(device)) is not { } options)
                return ExitCode.Wrong;
            using var opened = Common.Open(parsed.GetRequiredValue(store));
            if (opened is null)
                return ExitCode.Wrong;
            WhyPrinter.Print(Planner.Plan(graph, opened, options), nodes, Console.Out);
            return ExitCode.Done;
        });
        return command;
    }
}
