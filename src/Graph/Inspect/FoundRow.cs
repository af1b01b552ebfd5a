namespace DataflowRlhf.Graph;

/// <summary>A row of a dataset and where it lies.</summary>
/// <param name="Row">A batch of that row alone.</param>
/// <param name="Part">The Parquet file, within the artifact's folder.</param>
/// <param name="Group">Its row group, from 0.</param>
/// <param name="Place">Its place in the group, from 0.</param>
public sealed record FoundRow(Batch Row, string Part, int Group, int Place);
