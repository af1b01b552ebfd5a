namespace DataflowRlhf.Graph;

/// <summary>How many different values there are, exactly up to 16,384, then by the spread of the smallest hashes (within about 1 %).</summary>
internal sealed class DistinctCount
{
    private const int Kept = 16_384;
    private readonly SortedSet<ulong> smallest = [];
    private bool full;

    public void Add(ulong hash)
    {
        if (full && hash >= smallest.Max)
            return;
        if (smallest.Add(hash) && smallest.Count > Kept)
        {
            smallest.Remove(smallest.Max);
            full = true;
        }
    }

    public bool Exact => !full;

    /// <summary>The k-th smallest of n evenly spread hashes lies at k/n of their range.</summary>
    public long Count => full ? (long)((Kept - 1) / (smallest.Max / (double)ulong.MaxValue)) : smallest.Count;
}
