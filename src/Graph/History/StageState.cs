namespace DataflowRlhf.Graph;

/// <summary>What a remembered run did with a stage.</summary>
public enum StageState
{
    /// <summary>Its turn never came.</summary>
    Planned,
    Running,

    /// <summary>Ran to its end.</summary>
    Ran,

    /// <summary>Was found in the store.</summary>
    Hit,
    Failed,

    /// <summary>Was running when the run was stopped from outside, or when another stage failed.</summary>
    Stopped,
}
