namespace DataflowRlhf.Graph;

/// <summary>Asks every stage of a graph, in order, what it will need and leave; what one promises reaches those it feeds. Nothing runs.</summary>
public static class Foresight
{
    /// <summary>The outlook of each stage that has one, without a store.</summary>
    public static IReadOnlyDictionary<GraphNode, Outlook> Of(PipelineGraph graph, string device) => Of(graph, device, _ => null);

    /// <summary>One line for each need that is more than there is; stages with the same need share it, the first of them in front.</summary>
    /// <param name="memory">Bytes that the device has; null: not known.</param>
    public static IEnumerable<(GraphNode Node, string Line)> Warnings(IEnumerable<(GraphNode Node, Outlook? Outlook)> stages, long? memory) =>
        from stage in stages
        let line = stage.Outlook?.Warning(memory)
        where line is not null
        group stage.Node by line into same
        let others = same.Skip(1).Select(n => n.Name).ToList()
        select (same.First(), same.Key + (others.Count switch { 0 => "", 1 => $"  ({others[0]} as well)", _ => $"  ({others[0]} and {others.Count - 1} more as well)" }));

    /// <summary>A mistake for each stage that holds more than the device has, unless it is to be tried, or asks for a GPU that is not here. Items of a foreach share theirs.</summary>
    /// <param name="device">Where tensors would live.</param>
    /// <param name="memory">Bytes that it has.</param>
    internal static IEnumerable<Mistake> Mistakes(PipelineGraph graph, string device, long memory) =>
        from stage in Of(graph, device)
        where stage.Value.Held?.Bytes > memory && !stage.Key.TriesMemory && !(stage.Key.Device == "gpu" && device == "cpu")
        let mistake = new Mistake(stage.Key.Line, stage.Key.Column, $"{stage.Key.Name}.with", stage.Value.Held!.Problem(memory), $"{stage.Value.Held.Write(memory)}  or, to try all the same:  run: {{ memory: try }}")
        group mistake by (mistake.Line, mistake.Column, mistake.Text) into same
        select same.First();

    /// <param name="finished">The artifact of a stage where the store has it.</param>
    internal static IReadOnlyDictionary<GraphNode, Outlook> Of(PipelineGraph graph, string device, Func<GraphNode, ArtifactInput?> finished)
    {
        var outlooks = new Dictionary<GraphNode, Outlook>();
        foreach (var node in graph.Nodes.Where(n => !n.OptionsOpen))
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
