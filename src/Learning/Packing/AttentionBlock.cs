using static TorchSharp.torch;

namespace DataflowRlhf.Learning.Packing;

/// <summary>Groups of similar length side by side, for attention only: rows of the pack gathered into (groups, length), and who may not look at whom.</summary>
internal sealed class AttentionBlock : IDisposable
{
    private readonly int[][] paths, positions;
    private readonly Dictionary<int, Tensor> masks = [];
    private readonly Device device;

    /// <param name="rows">The pack's rows of each group, in order.</param>
    /// <param name="paths">For each of those rows its branch, −1 in the prompt.</param>
    /// <param name="positions">For each of those rows its position.</param>
    public AttentionBlock(IReadOnlyList<int[]> rows, int[][] paths, int[][] positions, Device device)
    {
        (this.paths, this.positions, this.device) = (paths, positions, device);
        Groups = rows.Count;
        Length = rows.Max(r => r.Length);
        var gather = new long[Groups * Length];
        for (var g = 0; g < Groups; g++)
            for (var i = 0; i < rows[g].Length; i++)
                gather[(g * Length) + i] = rows[g][i];
        Gather = tensor(gather, device: device).DetachFromDisposeScope();
    }

    public int Groups { get; }
    public int Length { get; }

    /// <summary>(groups · length) int64: the pack's row of each place; the first row where there is none.</summary>
    public Tensor Gather { get; }

    /// <summary>(groups, 1, length, length) bool, true where a row may not look: another branch, the future, or further back than the window.</summary>
    /// <param name="window">Positions a row may look back, itself included; 0: all.</param>
    public Tensor Blocked(int window)
    {
        if (masks.TryGetValue(window, out var made))
            return made;
        var blocked = new bool[Groups * Length * Length];
        Array.Fill(blocked, true);
        for (var g = 0; g < Groups; g++)
        {
            var (path, position) = (paths[g], positions[g]);
            for (var i = 0; i < Length; i++)
            {
                var row = ((g * Length) + i) * Length;
                if (i >= path.Length)
                {
                    blocked[row + i] = false; // padding looks at itself, so that its softmax is defined
                    continue;
                }
                for (var j = 0; j <= i; j++)
                    blocked[row + j] = (path[j] != -1 && path[j] != path[i]) || (window > 0 && position[i] - position[j] >= window);
            }
        }
        return masks[window] = tensor(blocked, [Groups, 1, Length, Length], device: device).DetachFromDisposeScope();
    }

    public void Dispose()
    {
        Gather.Dispose();
        foreach (var mask in masks.Values)
            mask.Dispose();
    }
}
