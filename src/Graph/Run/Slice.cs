namespace DataflowRlhf.Graph;

/// <summary>The part of a pipeline that may run, and what of it runs anew; each word names stages as <see cref="PipelineGraph.Find(string)"/> has it, or is a comma list.</summary>
public sealed record Slice
{
    /// <summary>These and all that feeds from them may run.</summary>
    public IReadOnlyList<string> From { get; init; } = [];

    /// <summary>These and all that feeds them may run; with <see cref="From"/>, what lies between.</summary>
    public IReadOnlyList<string> To { get; init; } = [];

    /// <summary>These may run and nothing else.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>These run even where the store has what they would make.</summary>
    public IReadOnlyList<string> Force { get; init; } = [];

    /// <summary>All that may run is forced.</summary>
    public bool ForceAll { get; init; }

    /// <summary>The run's options with the slice in them, or null where something is wrong with it.</summary>
    /// <param name="graph">The whole pipeline.</param>
    /// <param name="options">What else is asked of the run.</param>
    /// <param name="mistakes">Gets a line for each mistake; all of them at once.</param>
    public RunOptions? Apply(PipelineGraph graph, RunOptions options, ICollection<string> mistakes)
    {
        var wrong = new List<string>();
        if (Only.Count > 0 && From.Count + To.Count > 0)
            wrong.Add("--only stands alone; --from and --to say what lies between.  write: --only or --from … --to …");
        var from = Find(graph, "--from", From, wrong);
        var to = Find(graph, "--to", To, wrong);
        var only = Find(graph, "--only", Only, wrong);
        var force = Find(graph, "--force", Force, wrong);
        if (wrong.Count == 0)
        {
            only = Only.Count > 0 ? only : From.Count + To.Count == 0 ? graph.Nodes : Between(graph, from, to);
            if (only.Count == 0)
                wrong.Add($"Nothing lies between --from {string.Join(',', From)} and --to {string.Join(',', To)}: {Few(to)} {(to.Count == 1 ? "does" : "do")} not feed from {Few(from)}.  write: --to {string.Join(',', To)}");
            else if (force.Except(only).ToList() is { Count: > 0 } outside)
                wrong.Add($"--force names what may not run: {Few(outside)} {(outside.Count == 1 ? "lies" : "lie")} outside of the slice ({Few(only)}).  write: --force {only[0].Name}");
        }
        foreach (var line in wrong)
            mistakes.Add(line);
        return wrong.Count > 0 ? null : options with
        {
            Only = only.Count < graph.Nodes.Count ? Names(only) : null,
            Force = Names(ForceAll ? only : force),
        };
    }

    private IReadOnlyList<GraphNode> Between(PipelineGraph graph, IReadOnlyList<GraphNode> from, IReadOnlyList<GraphNode> to)
    {
        var after = From.Count > 0 ? graph.Downstream(from) : graph.Nodes;
        return To.Count > 0 ? [.. after.Intersect(graph.Upstream(to))] : after;
    }

    private static IReadOnlyList<GraphNode> Find(PipelineGraph graph, string option, IReadOnlyList<string> words, List<string> wrong)
    {
        var mistakes = new List<string>();
        var found = graph.Find(words, mistakes);
        wrong.AddRange(mistakes.Select(m => $"{option}: {m}"));
        return found;
    }

    private static HashSet<string> Names(IEnumerable<GraphNode> nodes) => [.. nodes.Select(n => n.Name)];

    private static string Few(IReadOnlyList<GraphNode> nodes) =>
        string.Join(", ", nodes.Take(4).Select(n => n.Name)) + (nodes.Count > 4 ? $" and {nodes.Count - 4} more" : "");
}
