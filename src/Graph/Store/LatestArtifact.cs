namespace DataflowRlhf.Graph;

/// <summary>What a pipeline's stage made or found last.</summary>
public sealed record LatestArtifact(string Pipeline, string Stage, string Key);
