namespace DataflowRlhf.Graph;

/// <summary>How a stage's run is guarded: <c>retry</c>, <c>timeout</c>, <c>max-bad</c> and <c>promises</c> of its entry. It never changes what is made, so it is in no key.</summary>
public sealed record StagePolicy
{
    /// <summary>Further attempts after one that failed for what may succeed again (the network, a disk, a time-out). Default: 0.</summary>
    public int Retries { get; init; }

    /// <summary>The wait before the first further attempt; each next one waits twice as long. Default: 10 s.</summary>
    public TimeSpan RetryWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>No attempt may last longer; null: as long as it takes.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>More rows put aside fail the stage; null: any number.</summary>
    public BadLimit? MaxBad { get; init; }

    /// <summary>What must hold of the result; one that does not fails the run, and the artifact is kept.</summary>
    public IReadOnlyList<Promise> Promises { get; init; } = [];
}
