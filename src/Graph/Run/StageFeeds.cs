namespace DataflowRlhf.Graph;

/// <summary>What feeds a running stage: finished artifacts, and at most one stream from a producer that runs beside it.</summary>
internal sealed class StageFeeds(GraphNode node, ArtifactStore store, Func<GraphNode, ArtifactRecord?> finished, InputPort? streamed, Edge? stream, Func<InputPort, ArtifactRecord, IAsyncEnumerable<Batch>> replay)
{
    private readonly HashSet<string> taken = [];

    public bool Has(string port) => node.Inputs.Any(i => i.Port.Name == port);

    public IAsyncEnumerable<Batch> Read(string port, CancellationToken stopping)
    {
        var input = Input(port);
        if (input.Port is DatasetPort { Streams: true } && !taken.Add(port))
            throw new InvalidOperationException($"'{node.Kind.Name}' reads its streaming port '{port}' twice.");
        if (input.Port == streamed)
            return stream!.ReadAllAsync(stopping);
        var artifact = finished(input.Sources[0])!;
        return input.Port is DatasetPort { Streams: true } ? replay(input.Port, artifact) : store.Read(artifact, stopping);
    }

    public IReadOnlyList<ArtifactInput> Artifacts(string port)
    {
        var input = Input(port);
        if (input.Port == streamed)
            throw new InvalidOperationException($"'{node.Kind.Name}' asks for the finished artifact of its streaming port '{port}'.");
        return [.. input.Sources.Select(ToInput)];
    }

    /// <summary>The rows of a port, where they are known.</summary>
    public long? RowsOf(string port) => Input(port) is var input && input.Port != streamed ? finished(input.Sources[0])?.Rows : null;

    private GraphInput Input(string port) => node.Inputs.FirstOrDefault(i => i.Port.Name == port)
        ?? throw new InvalidOperationException($"Nothing feeds the port '{port}' of '{node.Name}' ({string.Join(", ", node.Inputs.Select(i => i.Port.Name))}).");

    private ArtifactInput ToInput(GraphNode source) => ToInput(source, finished(source)!, store);

    /// <summary>A finished artifact as stages see it.</summary>
    internal static ArtifactInput ToInput(GraphNode source, ArtifactRecord made, ArtifactStore store) =>
        new(source.Name, source.Kind.Name, made.Kind, made.Folder, made.Rows, made.Summary)
        {
            Metrics = () => store.Metrics(made),
            Read = stopping => store.Read(made, stopping),
        };
}
