using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf lineage</c>: forwards what became of a row, backwards what an artifact was made from.</summary>
internal static class LineageCommand
{
    public static Command Make()
    {
        var word = new Argument<string>("artifact") { Description = "A pipeline's file, with a row or a stage; or a pinned name, pipeline:stage, the beginning of a key.", HelpName = "FILE|ARTIFACT" };
        var what = new Argument<string?>("row or stage") { Description = "A row's row_id, to follow it; or a stage, to see what it was made from.", Arity = ArgumentArity.ZeroOrOne, HelpName = "ROW|STAGE" };
        var full = new Option<bool>("--full") { Description = "Long cells and every option, instead of their beginnings and those that differ from the default." };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of lines." };
        var pipeline = new PipelineArguments();
        var command = new Command("lineage", """
            Follows a row through a pipeline: what each stage added to it, changed or put aside, what learnt from it, and what came of that.
            Backwards: the tree of all that an artifact was made from, with options, code and files.

              rlhf lineage pipelines/quickstart.yaml pair-000003
              rlhf lineage pipelines/quickstart.yaml clean
              rlhf lineage good-model

            Exit codes: 0 told, 2 no stage knows the row, or there is no such artifact.
            """)
        { word, what, full, json };
        pipeline.AddTo(command);
        command.SetAction(async (parsed, stopping) =>
        {
            using var opened = Common.OpenThere(pipeline.Store(parsed));
            if (opened is null)
                return ExitCode.Wrong;
            var (first, second) = (parsed.GetRequiredValue(word), parsed.GetValue(what));
            PipelineGraph? graph = null;
            if (second is not null && (graph = pipeline.Check(parsed, first)) is null)
                return ExitCode.Wrong;
            try
            {
                if (graph is not null && graph.Find(second!).Count == 0)
                    return pipeline.Options(parsed) is { } options
                        ? await RowAsync(opened, graph, second!, options, parsed.GetValue(full), parsed.GetValue(json), stopping) : ExitCode.Wrong;
                if (ArtifactAsked.Find(opened, first, second, pipeline, parsed) is not { } artifact)
                    return ExitCode.Wrong;
                LineagePrinter.PrintTree(ArtifactTree.Of(opened, artifact), parsed.GetValue(full), parsed.GetValue(json), Console.Out);
                return ExitCode.Done;
            }
            catch (StageException wrong)
            {
                await Console.Error.WriteLineAsync(wrong.Message);
                return ExitCode.Wrong;
            }
        });
        return command;
    }

    private static async Task<int> RowAsync(ArtifactStore store, PipelineGraph graph, string row, RunOptions options, bool full, bool json, CancellationToken stopping)
    {
        var steps = await RowTrail.OfAsync(Planner.Plan(graph, store, options), store, row, stopping);
        if (steps.Count == 0)
        {
            var near = Nearest.To(row, graph.Nodes.Select(n => n.Name));
            await Console.Error.WriteLineAsync($"No stage of '{graph.Name}' has or put aside a row '{row}', and none has that name. Rows are named by their {RowTrail.RowName}.  write: {(near is null ? $"rlhf show {graph.Name}:{graph.Nodes[0].Name} --columns {RowTrail.RowName}" : near)}");
            return ExitCode.Wrong;
        }
        LineagePrinter.PrintTrail(row, steps, full, json, Console.Out);
        return ExitCode.Done;
    }
}
