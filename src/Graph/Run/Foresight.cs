namespace DataflowRlhf.Graph;

/// <summary>Asks every stage of a graph, in order, what it will need and leave; what one promises reaches those it feeds. Nothing runs.</summary>
public static class Foresight
{
    /// <summary>The outlook of each stage that has one, without a store.</summary>
    public static IReadOnlyDictionary<GraphNode, Outlook> Of(PipelineGraph graph, string device) => Of(graph, device, _ => null);

    /// <param name="finished">The artifact of a stage where the store has it.</param>
    internal static IReadOnlyDictionary<GraphNode, Outlook> Of(PipelineGraph graph, string device, Func<GraphNode, ArtifactInput?> finished)
    {
        var outlooks = new Dictionary<GraphNode, Outlook>();
        foreach (var node in graph.Nodes)
            if (Ask(node, new Ahead(node, graph, device, finished, outlooks)) is { } outlook)
                outlooks[node] = outlook;
        return outlooks;
    }

    /// <summary>A file that cannot be read ahead is no reason to stop: the check or the stage itself will say it better.</summary>
    private static Outlook? Ask(GraphNode node, IForesight ahead)
    {
        try
        {
            return node.Create().Foresee(ahead);
        }
        catch (Exception unforeseen) when (unforeseen is not OutOfMemoryException)
        {
            return null;
        }
    }

    private sealed class Ahead(GraphNode node, PipelineGraph graph, string device, Func<GraphNode, ArtifactInput?> finished, Dictionary<GraphNode, Outlook> outlooks) : IForesight
    {
        public string Device => device;

        public ArtifactInput? Left => finished(node);

        public bool Has(string port) => Source(port) is not null;

        public ArtifactInput? Artifact(string port) => Source(port) is { } source ? finished(source) : null;

        public object? Promise(string port) => Source(port) is { } source && outlooks.TryGetValue(source, out var outlook) ? outlook.Promise : null;

        public string Resolve(string path) => PipelinePaths.Resolve(path, graph.File);

        private GraphNode? Source(string port) => node.Inputs.FirstOrDefault(i => i.Port.Name == port)?.Sources.FirstOrDefault();
    }
}
