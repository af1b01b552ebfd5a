namespace DataflowRlhf.Graph;

/// <summary>How a stage stands in a store.</summary>
public enum StageStanding
{
    /// <summary>The store has what a run would make.</summary>
    Fresh,

    /// <summary>The store has something that no longer fits: the stage would run.</summary>
    Stale,

    /// <summary>Something that feeds it is stale; it may turn out fresh.</summary>
    Waits,

    /// <summary>A run would go on from what a broken one left.</summary>
    Resumes,

    /// <summary>It ran, and its artifact is gone.</summary>
    Missing,

    /// <summary>It never ran.</summary>
    Never,
}
