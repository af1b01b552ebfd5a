using System.CommandLine;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Commands;

/// <summary>The artifact that one or two words mean: <c>FILE STAGE</c>, or a name, <c>pipeline:stage</c> or the beginning of a key alone.</summary>
internal static class ArtifactAsked
{
    /// <summary>Null with what was possible printed.</summary>
    public static ArtifactRecord? Find(ArtifactStore store, string word, string? stage, PipelineArguments pipeline, ParseResult parsed)
    {
        if (stage is null)
        {
            if (!IsFile(word))
                return Common.Find(store, word);
            if (pipeline.Check(parsed, word) is { } whole)
                Console.Error.WriteLine($"{word} has {whole.Nodes.Count} stages ({string.Join(", ", whole.Nodes.Select(n => n.Name))}): which?  write: rlhf show {word} {whole.Nodes[^1].Name}");
            return null;
        }
        if (pipeline.Load(parsed, word) is not (var graph, var options) || Common.Find(graph, stage) is not { } nodes)
            return null;
        if (nodes.Count > 1)
        {
            Console.Error.WriteLine($"'{stage}' is {nodes.Count} stages ({string.Join(", ", nodes.Select(n => n.Name))}).  write: {nodes[0].Name}");
            return null;
        }
        if (Made(store, graph, nodes[0], options, out var reason) is { } record)
            return record;
        Console.Error.WriteLine($"The store has nothing of '{stage}'{(store.LatestKey(graph.Name, nodes[0].Name) is null ? " yet" : $": {reason}")}.  write: rlhf run {word}");
        return null;
    }

    /// <summary>What the stage is found as with the options that it has now; else its latest, which is told.</summary>
    private static ArtifactRecord? Made(ArtifactStore store, PipelineGraph graph, GraphNode node, RunOptions options, out string reason)
    {
        var entry = Planner.Plan(graph, store, options).First(e => e.Node == node);
        reason = entry.Reason;
        if (entry.Decision == Decision.Hit)
            return store.Find(entry.Key!);
        if (entry.Last is not null)
            Console.Error.WriteLine($"{node.Name} is out of date, and this is its latest: {entry.Reason}");
        return entry.Last;
    }

    /// <summary>Whether a word names a pipeline's file rather than an artifact.</summary>
    public static bool IsFile(string word) => File.Exists(word) || word.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || word.EndsWith(".yml", StringComparison.OrdinalIgnoreCase);
}
