namespace DataflowRlhf.Learning.Packing;

/// <summary>How groups are put side by side for attention: by length, cut where a block would hold too many empty places.</summary>
internal static class BlockCut
{
    /// <summary>A block may hold so many places for each token in it.</summary>
    private const double MostWaste = 1.25;

    /// <summary>Blocks as ranges, the end excluded; a block is as long as its last group.</summary>
    /// <param name="lengths">Tokens of each group, the shortest first.</param>
    /// <example>Lengths 2, 2, 2, 9 give (0, 3) and (3, 4).</example>
    public static IEnumerable<(int Start, int End)> Of(IReadOnlyList<int> lengths)
    {
        for (var start = 0; start < lengths.Count;)
        {
            var (end, tokens) = (start, 0L);
            while (end < lengths.Count && (end == start || (double)lengths[end] * (end - start + 1) <= MostWaste * (tokens + lengths[end])))
                tokens += lengths[end++];
            yield return (start, end);
            start = end;
        }
    }
}
