namespace DataflowRlhf.Graph;

/// <summary>What a run will do with a stage, as far as can be said before it.</summary>
public enum Decision
{
    /// <summary>The store has it.</summary>
    Hit,

    /// <summary>It must run.</summary>
    Run,

    /// <summary>It runs unless what feeds it turns out unchanged.</summary>
    Waits,

    /// <summary>It goes on from a checkpoint or from finished parts.</summary>
    Resume,

    /// <summary>It may not run; its latest artifact is taken as it is, though out of date.</summary>
    Kept,

    /// <summary>It may not run, and the store has nothing of it: the run cannot begin.</summary>
    Missing,
}

/// <param name="Reason">In words: "option flip-below: 0 → 0.1", "never ran", "an input will change (tokens)".</param>
/// <param name="Key">The cache key where all inputs are known.</param>
public sealed record PlanEntry(GraphNode Node, Decision Decision, string Reason, string? Key)
{
    /// <summary>What the stage says of itself before it runs; null: nothing.</summary>
    public Outlook? Outlook { get; init; }

    /// <summary>Field by field what differs from the stage's latest artifact; while an input is open, without the inputs. Empty where it never ran.</summary>
    public IReadOnlyList<FieldChange> Changes { get; init; } = [];

    /// <summary>The stages that feed it and whose artifacts a run may change, so that its key is not known yet.</summary>
    public IReadOnlyList<GraphNode> WaitsFor { get; init; } = [];

    /// <summary>The stage's latest artifact, which the changes are told against; null: it never ran, or its artifact is gone.</summary>
    public ArtifactRecord? Last { get; init; }
}
