using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Packing;

/// <summary>
/// One run of tokens without padding. A group is a prompt, once, and its branches; a token attends to its prompt and its own branch, causally; positions
/// restart at each branch. Linear layers see the run as it is; attention gathers groups of similar length into blocks. Equal to the padded computation to rounding.
/// </summary>
public sealed class PackedBatch : IDisposable
{
    private readonly List<AttentionBlock> blocks = [];

    private PackedBatch(IReadOnlyList<PackedGroup> groups, Device device)
    {
        TokenCount = groups.Sum(g => g.Prompt.Length + g.Branches.Sum(b => b.Length));
        SequenceCount = groups.Sum(g => g.Branches.Count);
        var (ids, positions, last) = (new long[TokenCount], new long[TokenCount], new long[SequenceCount]);
        var (predict, targets) = (new List<long>(TokenCount), new List<long>(TokenCount));
        TargetLengths = new int[SequenceCount];
        var layouts = new List<(int[] Rows, int[] Paths, int[] Positions)>(groups.Count);
        var (row, sequence) = (0, 0);
        foreach (var group in groups)
        {
            var start = row;
            var paths = new List<int>();
            void Put(int id, int position, int path)
            {
                (ids[row], positions[row]) = (id, position);
                paths.Add(path);
                row++;
            }
            for (var i = 0; i < group.Prompt.Length; i++)
                Put(group.Prompt[i], i, -1);
            var lastOfPrompt = row - 1;
            for (var b = 0; b < group.Branches.Count; b++)
            {
                var branch = group.Branches[b];
                if (branch.Length == 0)
                    throw new ArgumentException("A branch without tokens has no last token to score: leave it out.", nameof(groups));
                var before = predict.Count;
                for (var i = 0; i < branch.Length; i++)
                {
                    if (i > 0 || group.Prompt.Length > 0)
                    {
                        predict.Add(i > 0 ? row - 1 : lastOfPrompt);
                        targets.Add(branch[i]);
                    }
                    Put(branch[i], group.Prompt.Length + i, b);
                }
                TargetLengths[sequence] = predict.Count - before;
                last[sequence++] = row - 1;
            }
            layouts.Add(([.. Enumerable.Range(start, row - start)], [.. paths], [.. Enumerable.Range(start, row - start).Select(r => (int)positions[r])]));
        }
        Ids = Own(tensor(ids, device: device));
        Positions = Own(tensor(positions, device: device));
        LastIndex = Own(tensor(last, device: device));
        PredictIndex = Own(tensor(predict.ToArray(), device: device));
        TargetIds = Own(tensor(targets.ToArray(), device: device));
        Back = Own(tensor(Block(layouts, device), device: device));
        MaxPosition = positions.Length == 0 ? 0 : (int)positions.Max();
    }

    /// <summary>Each sequence its own group: targets are its tokens from the second on.</summary>
    /// <param name="sequences">Token ids; none may be empty.</param>
    public static PackedBatch FromSequences(IReadOnlyList<int[]> sequences, Device device) =>
        new([.. sequences.Select(s => new PackedGroup([], [s]))], device);

    /// <summary>Prompts with their branches; sequences are the branches, group by group.</summary>
    public static PackedBatch FromGroups(IReadOnlyList<PackedGroup> groups, Device device) => new(groups, device);

    public int TokenCount { get; }

    /// <summary>Branches over all groups.</summary>
    public int SequenceCount { get; }

    /// <summary>The highest position of a token, from 0.</summary>
    public int MaxPosition { get; }

    /// <summary>(tokens) int64.</summary>
    public Tensor Ids { get; }

    /// <summary>(tokens) int64, from 0; a branch goes on where its prompt ended.</summary>
    public Tensor Positions { get; }

    /// <summary>(sequences) int64: the row of each sequence's last token.</summary>
    public Tensor LastIndex { get; }

    /// <summary>(targets) int64: the row whose logits predict the target; the last row of the prompt predicts a branch's first token.</summary>
    public Tensor PredictIndex { get; }

    /// <summary>(targets) int64.</summary>
    public Tensor TargetIds { get; }

    /// <summary>Targets of each sequence; their sum is the length of <see cref="TargetIds"/>.</summary>
    public int[] TargetLengths { get; }

    internal IReadOnlyList<AttentionBlock> Blocks => blocks;

    /// <summary>(tokens) int64: where each row lies in the blocks' places laid end to end.</summary>
    internal Tensor Back { get; }

    private static Tensor Own(Tensor made) => made.DetachFromDisposeScope();

    /// <summary>Cuts the groups, by length, into blocks of little waste; returns the way back.</summary>
    private long[] Block(List<(int[] Rows, int[] Paths, int[] Positions)> layouts, Device device)
    {
        var order = Enumerable.Range(0, layouts.Count).OrderBy(i => layouts[i].Rows.Length).ThenBy(i => i).ToList();
        var back = new long[TokenCount];
        long places = 0;
        foreach (var (start, end) in BlockCut.Of(order.ConvertAll(i => layouts[i].Rows.Length)))
        {
            var part = order[start..end].ConvertAll(i => layouts[i]);
            var block = new AttentionBlock(part.ConvertAll(p => p.Rows), [.. part.Select(p => p.Paths)], [.. part.Select(p => p.Positions)], device);
            for (var g = 0; g < part.Count; g++)
                for (var i = 0; i < part[g].Rows.Length; i++)
                    back[part[g].Rows[i]] = places + (g * block.Length) + i;
            places += (long)block.Groups * block.Length;
            blocks.Add(block);
        }
        return back;
    }

    public void Dispose()
    {
        foreach (var tensor in new[] { Ids, Positions, LastIndex, PredictIndex, TargetIds, Back })
            tensor.Dispose();
        foreach (var block in blocks)
            block.Dispose();
    }
}
