namespace DataflowRlhf.Learning.Packing;

/// <summary>A prompt, once, and its responses as branches.</summary>
/// <param name="Prompt">Token ids; empty where each branch stands alone.</param>
/// <param name="Branches">Token ids of each response; none may be empty.</param>
public sealed record PackedGroup(int[] Prompt, IReadOnlyList<int[]> Branches);
