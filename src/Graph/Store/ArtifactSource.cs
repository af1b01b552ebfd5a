namespace DataflowRlhf.Graph;

/// <summary>What an artifact was made from: one source of one of its ports.</summary>
/// <param name="Port">The port's name.</param>
/// <param name="Stage">The stage that fed it.</param>
/// <param name="Key">The key of the artifact that it fed, as it was when this one was made.</param>
/// <param name="Digest">That artifact's content.</param>
public sealed record ArtifactSource(string Port, string Stage, string Key, string Digest);
