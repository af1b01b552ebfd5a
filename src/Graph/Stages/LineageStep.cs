namespace DataflowRlhf.Graph;

/// <summary>One stage that something was made by way of.</summary>
/// <param name="Digest">SHA-256 of what it left.</param>
/// <param name="Note">What a reader should know of it: that an older output was accepted for it; else null.</param>
public readonly record struct LineageStep(string Stage, string Uses, string Digest, string? Note = null);
