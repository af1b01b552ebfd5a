namespace DataflowRlhf.Graph;

/// <summary>A checked pipeline: every stage, sources before consumers.</summary>
/// <param name="Name">As <c>pipeline:</c> has it.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="File">The YAML file's full path: options' relative paths are tried from the current folder, then from its folder.</param>
/// <param name="Nodes">In topological order.</param>
public sealed record PipelineGraph(string Name, ulong Seed, string File, IReadOnlyList<GraphNode> Nodes)
{
    /// <summary>The nodes that a name means: itself, all items of <c>voter</c> or <c>voter[*]</c>, all of a <c>round[2]</c>.</summary>
    public IReadOnlyList<GraphNode> Find(string name)
    {
        var bare = name.EndsWith("[*]", StringComparison.Ordinal) ? name[..^3] : name;
        return [.. Nodes.Where(n => n.Name == bare
            || n.Name.StartsWith(bare + "[", StringComparison.Ordinal)
            || n.Name.StartsWith(bare + ".", StringComparison.Ordinal))];
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
}
