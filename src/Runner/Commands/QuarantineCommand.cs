using System.CommandLine;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Commands;

/// <summary><c>rlhf quarantine</c>: the rows that stages put aside, and another try at them.</summary>
internal static class QuarantineCommand
{
    private const int MostReasons = 20;

    public static Command Make() => new("quarantine", """
        Rows that a stage could not use are put aside with the reason, and counted. This lists them, and tries them again once the cause is mended.

          rlhf quarantine list pipelines/quickstart.yaml
          rlhf quarantine replay pipelines/quickstart.yaml tokens --set tokens.max-tokens=256
        """)
    {
        List(),
        Replay(),
    };

    private static Command List()
    {
        var pipeline = new PipelineArguments();
        var stages = new Argument<string[]>("stage") { Description = "Some of the pipeline's stages. Default: all.", HelpName = "STAGE", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("list", """
            Counts the rows that each stage's last artifact put aside, by reason.

              rlhf quarantine list pipelines/quickstart.yaml
              rlhf quarantine list pipelines/quickstart.yaml tokens

            Every row with its cells is in quarantine.jsonl beside the artifact's files.
            """)
        { pipeline.File, stages };
        pipeline.AddTo(command, withDevice: false);
        command.SetAction(parsed =>
        {
            if (pipeline.Check(parsed) is not { } graph)
                return ExitCode.Wrong;
            var wanted = parsed.GetValue(stages) is { Length: > 0 } names ? Common.Find(graph, names) : graph.Nodes;
            using var opened = wanted is null ? null : Common.OpenThere(pipeline.Store(parsed));
            if (opened is null)
                return ExitCode.Wrong;
            var found = wanted!.Select(n => (Node: n, Artifact: Latest(opened, graph, n))).Where(f => f.Artifact is { Quarantined: > 0 }).ToList();
            foreach (var (node, artifact) in found)
                Print(node, artifact!);
            if (found.Count == 0)
                Console.WriteLine("No row was put aside.");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Replay()
    {
        var pipeline = new PipelineArguments();
        var stages = new Argument<string[]>("stage") { Description = "The stages whose rows are tried again.", HelpName = "STAGE", Arity = ArgumentArity.OneOrMore };
        var watch = new WatchOptions();
        var only = new Option<bool>("--only") { Description = "These stages alone: nothing that feeds from them runs. Default: what changed by it runs as well." };
        var command = new Command("replay", """
            Makes the batches again of which rows were put aside, with the options and the code as they are now; all other batches are taken as they were.
            Where an option or the code has changed and would change those as well, run the whole stage instead: rlhf rerun FILE STAGE.

              rlhf quarantine replay pipelines/quickstart.yaml tokens --set tokens.max-tokens=256

            Exit codes: as of 'run'.
            """)
        { pipeline.File, stages, only };
        pipeline.AddTo(command);
        watch.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            if (pipeline.Load(parsed) is not (var graph, var options) || Common.Find(graph, parsed.GetRequiredValue(stages)) is not { } nodes)
                return ExitCode.Wrong;
            var names = nodes.Select(n => n.Name).ToHashSet();
            options = options with { Replay = names, Only = parsed.GetValue(only) ? names : null };
            var before = Counts(pipeline.Store(parsed), graph, nodes);
            var exit = await watch.RunAsync(parsed, graph, options, pipeline.Store(parsed));
            if (exit == ExitCode.Done && watch.Talks(parsed))
                foreach (var (name, now) in Counts(pipeline.Store(parsed), graph, nodes))
                    Console.WriteLine($"{name}: {before[name]:N0} rows were put aside, now {now:N0}.");
            return exit;
        });
        return command;
    }

    private static Dictionary<string, long> Counts(string folder, PipelineGraph graph, IReadOnlyList<GraphNode> nodes)
    {
        using var store = Common.Open(folder);
        return nodes.ToDictionary(n => n.Name, n => store is null ? 0 : Latest(store, graph, n)?.Quarantined ?? 0);
    }

    private static ArtifactRecord? Latest(ArtifactStore store, PipelineGraph graph, GraphNode node) =>
        store.LatestKey(graph.Name, node.Name) is { } key ? store.Find(key) : null;

    private static void Print(GraphNode node, ArtifactRecord artifact)
    {
        Console.WriteLine($"{node.Name}: {artifact.Quarantined:N0} rows put aside, {artifact.Rows:N0} kept.  {Path.GetFullPath(Path.Combine(artifact.Folder, "..", "quarantine.jsonl"))}");
        var tally = new ReasonTally();
        foreach (var row in Quarantine.Of(artifact))
            tally.Add(row.Reason);
        var reasons = tally.Counts.ToList();
        foreach (var (reason, count) in reasons.Take(MostReasons))
            Console.WriteLine($"  {count,8:N0}  {Told.Plain(reason)}");
        if (reasons.Count > MostReasons)
            Console.WriteLine($"            and {reasons.Count - MostReasons:N0} other reasons");
    }
}
