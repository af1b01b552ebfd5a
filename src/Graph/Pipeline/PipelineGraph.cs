namespace DataflowRlhf.Graph;

/// <summary>A checked pipeline: every stage, sources before consumers.</summary>
/// <param name="Name">As <c>pipeline:</c> has it.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="File">The YAML file's full path: options' relative paths are tried from the current folder, then from its folder.</param>
/// <param name="Nodes">In topological order.</param>
public sealed record PipelineGraph(string Name, ulong Seed, string File, IReadOnlyList<GraphNode> Nodes)
{
    /// <summary>What was set by hand over the file, as given: <c>clean.recipe=flip</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Takes values of the environment out of a text that is shown or logged.</summary>
    internal Func<string, string> Hide { get; init; } = text => text;

    /// <summary>
    /// The nodes that a name means, in the graph's order: a stage; <c>voter[3]</c>; all items by <c>voter</c> or <c>voter[*]</c>, some by <c>voter[1..3]</c> or <c>voter[1,3]</c>;
    /// a whole round by <c>round[2]</c>, one stage of it by <c>round[2].policy</c>, of each round by <c>round[*].policy</c> or <c>round.policy</c>; <c>[last]</c> is the last.
    /// </summary>
    public IReadOnlyList<GraphNode> Find(string name) => new StageNames(Nodes).Find(name);

    /// <summary>The nodes that several words mean, each a name or a comma list; in the graph's order.</summary>
    /// <param name="words">As a person gave them.</param>
    /// <param name="mistakes">Gets a line for every name that means nothing, with what to write instead.</param>
    public IReadOnlyList<GraphNode> Find(IEnumerable<string> words, ICollection<string> mistakes)
    {
        var names = new StageNames(Nodes);
        var found = new HashSet<GraphNode>();
        foreach (var name in words.SelectMany(StageNames.Split).Distinct())
        {
            var meant = names.Find(name);
            if (meant.Count == 0)
                mistakes.Add(names.Mistake(name));
            found.UnionWith(meant);
        }
        return [.. Nodes.Where(found.Contains)];
    }

    /// <summary>These nodes and all that feeds from them.</summary>
    public IReadOnlyList<GraphNode> Downstream(IEnumerable<GraphNode> from)
    {
        var found = from.ToHashSet();
        foreach (var node in Nodes)
            if (node.Inputs.Any(i => i.Sources.Any(found.Contains)))
                found.Add(node);
        return [.. Nodes.Where(found.Contains)];
    }

    /// <summary>These nodes and all that feeds them.</summary>
    public IReadOnlyList<GraphNode> Upstream(IEnumerable<GraphNode> to)
    {
        var found = to.ToHashSet();
        foreach (var node in Nodes.Reverse())
            if (found.Contains(node))
                found.UnionWith(node.Inputs.SelectMany(i => i.Sources));
        return [.. Nodes.Where(found.Contains)];
    }
}
