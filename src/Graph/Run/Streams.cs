namespace DataflowRlhf.Graph;

/// <summary>
/// Who is fed while the producer still runs. A stream is offered only where it can block nobody but its own producer: all other inputs are finished and the
/// consumer needs no device, so that streams form trees and never meet again (a diamond's far side replays the finished artifact).
/// </summary>
/// <param name="finished">Whether a stage's artifact is there.</param>
/// <param name="newEdge">A pipe from one stage to another.</param>
internal sealed class Streams(PipelineGraph graph, ArtifactStore store, RunOptions options, Func<GraphNode, bool> finished, Func<string, string, Edge> newEdge)
{
    private readonly Lock gate = new();

    /// <summary>
    /// Whether a stage may start on a stream, before its key is known. Not where its own part is as it was the last time:
    /// then its input may turn out unchanged, and it would be found in the store.
    /// </summary>
    public bool MayReach(GraphNode node, Preimage own)
    {
        if (node.Create().UsesDevice || options.Only?.Contains(node.Name) == false || options.Replay.Contains(node.Name))
            return false;
        if (!options.MayHit(node))
            return true;
        return store.LatestKey(graph.Name, node.Name) is not { } latest || store.PreimageOf(latest) is not { } last || Planner.OwnChanges(own, last).Count > 0;
    }

    /// <summary>Opens a pipe to every consumer that can start now and can block nobody else.</summary>
    public List<Edge> Offer(NodeState producer)
    {
        var offered = new List<Edge>();
        lock (gate)
        {
            foreach (var (consumer, port) in producer.Consumers)
            {
                if (!consumer.MayStream || port is not DatasetPort { Streams: true } || consumer.Offer.Task.IsCompleted || consumer.Settled)
                    continue;
                if (!consumer.Node.Inputs.Where(i => i.Port != port).SelectMany(i => i.Sources).All(finished))
                    continue;
                var edge = newEdge(producer.Node.Name, consumer.Node.Name);
                consumer.Offer.SetResult(new StreamOffer(port, edge));
                offered.Add(edge);
            }
        }
        return offered;
    }

    /// <summary>What was offered to a stage that starts now, or null; later offers come too late.</summary>
    public StreamOffer? Take(NodeState state)
    {
        lock (gate)
        {
            state.Settled = true;
            return state.Offer.Task.IsCompletedSuccessfully ? state.Offer.Task.Result : null;
        }
    }
}
