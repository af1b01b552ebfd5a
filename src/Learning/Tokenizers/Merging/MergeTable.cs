namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Which two ids merge, how urgently, and into what.</summary>
internal sealed class MergeTable
{
    private readonly Dictionary<ulong, (int Rank, int Id)> pairs;

    public MergeTable(IReadOnlyList<(int Left, int Right, int Merged)> merges)
    {
        pairs = new Dictionary<ulong, (int, int)>(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
            pairs[Key(merges[rank].Left, merges[rank].Right)] = (rank, merges[rank].Merged);
    }

    public bool TryGet(int left, int right, out int rank, out int id)
    {
        var found = pairs.TryGetValue(Key(left, right), out var pair);
        (rank, id) = pair;
        return found;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;
}
