namespace DataflowRlhf.Graph;

/// <summary>What a running stage does at a moment.</summary>
public enum StageActivity
{
    /// <summary>Its body works (or hangs): it waits for none of its pipes.</summary>
    Computes,

    /// <summary>It waits for a batch.</summary>
    Starves,

    /// <summary>It waits for room in a pipe.</summary>
    Blocked,
}
