namespace DataflowRlhf.Graph;

/// <summary>What an archive holds.</summary>
/// <param name="Key">The artifact that it is about.</param>
/// <param name="Artifacts">Artifacts with their content; for an import, those that were not in the store yet.</param>
/// <param name="Records">Records of what these were made from, without content.</param>
/// <param name="Bytes">Of the archive.</param>
public sealed record ArchiveSummary(string Key, int Artifacts, int Records, long Bytes);
