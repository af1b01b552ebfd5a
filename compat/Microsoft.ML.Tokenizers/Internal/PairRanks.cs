namespace Microsoft.ML.Tokenizers;

/// <summary>The merges of a BPE model by the ids of their two parts.</summary>
internal sealed class PairRanks
{
    private readonly Dictionary<ulong, (int Rank, int Id)> pairs;

    /// <exception cref="InvalidOperationException">A part of a merge, or what it makes, is not in the vocabulary.</exception>
    public PairRanks(IEnumerable<string> merges, Dictionary<string, int> vocabulary, string? continuingPrefix)
    {
        pairs = [];
        var prefix = continuingPrefix?.Length ?? 0;
        var rank = 0;
        foreach (var merge in merges)
        {
            var space = merge.IndexOf(' ');
            if (space <= 0 || space == merge.Length - 1 || merge.IndexOf(' ', space + 1) >= 0)
                throw new InvalidOperationException($"The merge '{merge}' is not two tokens with a space between them.");
            var (left, right) = (merge[..space], merge[(space + 1)..]);
            pairs[Key(Id(left), Id(right))] = (rank++, Id(left + right[Math.Min(prefix, right.Length)..]));
        }

        int Id(string token) => vocabulary.TryGetValue(token, out var id)
            ? id
            : throw new InvalidOperationException($"The merges need the token '{token}', which the vocabulary lacks.");
    }

    public bool TryGet(int left, int right, out int rank, out int id)
    {
        var found = pairs.TryGetValue(Key(left, right), out var pair);
        (rank, id) = pair;
        return found;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;
}
