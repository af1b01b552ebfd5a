namespace DataflowRlhf.Graph;

/// <summary>How a stage stands in a store, and why.</summary>
/// <param name="Reason">In words, as a plan gives it.</param>
public sealed record StageStatus(PlanEntry Entry, StageStanding Standing, string Reason)
{
    /// <summary>Bytes of the checkpoint that a run would go on from; 0: there is none.</summary>
    public long CheckpointBytes { get; init; }

    /// <summary>Every stage's standing.</summary>
    /// <param name="plan">Of the whole graph, nothing forced.</param>
    public static IReadOnlyList<StageStatus> Of(PipelineGraph graph, ArtifactStore store, IReadOnlyList<PlanEntry> plan) =>
    [
        .. plan.Select(entry =>
        {
            var standing = entry.Decision switch
            {
                Decision.Hit => StageStanding.Fresh,
                Decision.Waits => entry.Last is null ? StageStanding.Missing : StageStanding.Waits,
                Decision.Resume => StageStanding.Resumes,
                _ when entry.Last is not null => StageStanding.Stale,
                _ => store.LatestKey(graph.Name, entry.Node.Name) is null ? StageStanding.Never : StageStanding.Missing,
            };
            var reason = standing == StageStanding.Missing && entry.Reason == "never ran" ? "its artifact is gone" : entry.Reason;
            var bytes = entry.Key is { } key && standing != StageStanding.Fresh ? StoreState.Size(store.CheckpointFolder(key)).Bytes : 0;
            return new StageStatus(entry, standing, reason) { CheckpointBytes = bytes };
        }),
    ];
}
