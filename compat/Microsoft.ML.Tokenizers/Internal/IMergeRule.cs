namespace Microsoft.ML.Tokenizers;

/// <summary>Says which neighbours merge, and how urgently.</summary>
internal interface IMergeRule
{
    /// <summary>The smaller the rank, the earlier the merge; among equals the leftmost comes first.</summary>
    bool TryMerge(in Symbol left, in Symbol right, out int rank, out int id);
}
