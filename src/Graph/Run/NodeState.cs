namespace DataflowRlhf.Graph;

/// <summary>How far a stage of a run is.</summary>
/// <param name="place">In the graph's order.</param>
/// <param name="own">What is known of its key before its inputs are.</param>
/// <param name="mayStream">Whether it may start on a stream.</param>
internal sealed class NodeState(GraphNode node, int place, Preimage own, bool mayStream)
{
    public GraphNode Node { get; } = node;
    public int Place { get; } = place;
    public Preimage Own { get; } = own;
    public bool MayStream { get; } = mayStream;
    public List<(NodeState Consumer, InputPort Port)> Consumers { get; } = [];

    /// <summary>A running producer's stream; at most one.</summary>
    public TaskCompletionSource<StreamOffer> Offer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Has decided between a stream and finished artifacts: later offers come too late.</summary>
    public bool Settled { get; set; }

    /// <summary>What an earlier attempt kept is not to be used.</summary>
    public bool Anew { get; set; }

    /// <summary>Only what was put aside is to be made again; null once that is seen to, or where all is to be made.</summary>
    public ArtifactRecord? Replays { get; set; }

    /// <summary>Whose rows were taken as they were; null: nobody's.</summary>
    public ArtifactRecord? ReplayedFrom { get; set; }
    public ArtifactRecord? Artifact { get; private set; }

    /// <summary>The clock's time stamp.</summary>
    public long? FinishedAt { get; private set; }

    public void Finish(ArtifactRecord artifact, long at) => (Artifact, FinishedAt) = (artifact, at);
}

/// <summary>A pipe from a producer that starts now.</summary>
internal sealed record StreamOffer(InputPort Port, Edge Edge);
