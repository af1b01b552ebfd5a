namespace DataflowRlhf.Graph;

/// <summary>What the contract suite needs of its surroundings.</summary>
public sealed record ContractOptions
{
    /// <summary>Where the stage computes: <c>cpu</c> or <c>cuda:0</c>. Default: cpu.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Whether an exception's message is meant for the person as it is, like a <see cref="StageException"/>'s.</summary>
    public Func<Exception, bool> Clear { get; init; } = _ => false;

    /// <summary>Counts what is alive of the things that a stage must give back, on whatever thread they were made; null: nothing is counted.</summary>
    public Func<long>? Alive { get; init; }

    /// <summary>How long a run may take before it counts as hanging. Default: a minute.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a stage may go on after it was cancelled. Default: 10 seconds.</summary>
    public TimeSpan Promptly { get; init; } = TimeSpan.FromSeconds(10);
}
