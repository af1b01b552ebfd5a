namespace DataflowRlhf.Graph;

/// <summary>How a stage stands to a rule.</summary>
public enum ContractVerdict
{
    Ok,
    Broken,

    /// <summary>The rule asks nothing of such a stage.</summary>
    NotAsked,
}
