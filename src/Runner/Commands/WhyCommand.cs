using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf why FILE STAGE</c>: field by field what changed since a stage's latest artifact.</summary>
internal static class WhyCommand
{
    public static Command Make()
    {
        var pipeline = new PipelineArguments();
        var stage = new Argument<string>("stage") { Description = "clean, voter[3], voter (all of them), round[2].policy" };
        var command = new Command("why", """
            Says why a stage would run or be found: field by field what changed since its latest artifact. Runs nothing.

              rlhf why pipelines/quickstart.yaml clean --set clean.flip-quantile=0.1

              clean (relabel) must run: option flip-quantile: 0.2 → 0.1
                since   3f9c0a11d2b7 of 2026-11-21 10:40 UTC
                option  flip-quantile  0.2 → 0.1
            """)
        { pipeline.File, stage };
        pipeline.AddTo(command);
        command.SetAction(parsed =>
        {
            if (pipeline.Load(parsed) is not (var graph, var options) || Common.Find(graph, parsed.GetRequiredValue(stage)) is not { } nodes)
                return ExitCode.Wrong;
            using var opened = Common.Open(pipeline.Store(parsed));
            if (opened is null)
                return ExitCode.Wrong;
            WhyPrinter.Print(Planner.Plan(graph, opened, options), nodes, Console.Out);
            return ExitCode.Done;
        });
        return command;
    }
}
