namespace DataflowRlhf.Graph;

/// <summary>What may be cleared away.</summary>
public sealed record GarbageOptions
{
    /// <summary>What was used within this time stays. Default: 14 days.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(14);

    /// <summary>Pipelines whose latest artifacts and last run are not kept for being that.</summary>
    public IReadOnlyList<string> Forget { get; init; } = [];

    /// <summary>Only tells; no artifact, checkpoint, record or lock file goes.</summary>
    public bool DryRun { get; init; }
}
