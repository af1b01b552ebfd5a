namespace DataflowRlhf.Graph;

/// <summary>How far a run is that the store remembers.</summary>
public enum RunState
{
    /// <summary>Going on; where its program is gone, it died.</summary>
    Running,
    Done,
    Failed,
    Interrupted,
}
