namespace DataflowRlhf.Graph;

/// <summary>Something that was, or would be, cleared away.</summary>
/// <param name="What"><c>artifact</c>, <c>lineage</c>, <c>checkpoint</c>, <c>log</c> or <c>run</c>.</param>
/// <param name="Name"><c>pipeline:stage</c> of an artifact or a record of one, else the name of its folder or file.</param>
/// <param name="Used">When it was used last.</param>
/// <param name="Bytes">That its going frees: what another artifact shares is not counted.</param>
public sealed record GarbageItem(string What, string Name, string Path, DateTimeOffset Used, long Bytes);
