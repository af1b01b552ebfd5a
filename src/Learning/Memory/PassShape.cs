using DataflowRlhf.Learning.Packing;

namespace DataflowRlhf.Learning.Memory;

/// <summary>All that the memory of a packed forward and backward pass depends on.</summary>
/// <param name="Tokens">Rows of every linear layer.</param>
/// <param name="Places">Rows in attention's blocks, the empty ones too: Σ groups · length.</param>
/// <param name="Squares">Cells of one head's attention matrices: Σ groups · length².</param>
/// <param name="Predicting">Rows that get logits.</param>
/// <param name="Sequences">Branches, each of which has a last token.</param>
/// <param name="Blocks">Attention's blocks.</param>
public readonly record struct PassShape(long Tokens, long Places, long Squares, long Predicting, long Sequences, int Blocks)
{
    /// <summary>A pass over groups of these lengths, blocked as <see cref="PackedBatch"/> does.</summary>
    /// <param name="groups">Tokens of each group, and of its responses; branches of each.</param>
    public static PassShape Of(IReadOnlyList<GroupLength> groups)
    {
        var sorted = groups.Select(g => g.Tokens).Order().ToList();
        var (places, squares, blocks) = (0L, 0L, 0);
        foreach (var (start, end) in BlockCut.Of(sorted))
        {
            var (count, length) = (end - start, (long)sorted[end - 1]);
            places += count * length;
            squares += count * length * length;
            blocks++;
        }
        return new(groups.Sum(g => (long)g.Tokens), places, squares, groups.Sum(g => (long)g.Predicting), groups.Sum(g => (long)g.Branches), blocks);
    }

    /// <summary>As many groups of one length as fit so many tokens, one at least.</summary>
    public static PassShape Full(GroupLength group, int tokens) => Of([.. Enumerable.Repeat(group, Math.Max(1, tokens / group.Tokens))]);
}
