namespace DataflowRlhf.Graph;

/// <summary>One stage that something was made by way of.</summary>
/// <param name="Digest">SHA-256 of what it left.</param>
public readonly record struct LineageStep(string Stage, string Uses, string Digest);
