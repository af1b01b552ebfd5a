namespace DataflowRlhf.Graph;

/// <summary>What may be cleared away.</summary>
public sealed record GarbageOptions
{
    /// <summary>What was used within this time stays. Default: 14 days.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(14);

    /// <summary>Pipelines whose latest artifacts are not kept for being the latest.</summary>
    public IReadOnlyList<string> Forget { get; init; } = [];

    /// <summary>Only tells.</summary>
    public bool DryRun { get; init; }
}
