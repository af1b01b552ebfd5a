using System.Buffers;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>Merges the most urgent pair of neighbours (the leftmost among equals) until none is left. Long words take O(n log n).</summary>
internal static class PairMerger
{
    private const int Short = 32;

    /// <summary>Merges <paramref name="ids"/> in place. Returns how many are left, at the front.</summary>
    public static int Merge(Span<int> ids, MergeTable table)
        => ids.Length < 2 ? ids.Length : ids.Length <= Short ? MergeShort(ids, table) : MergeLong(ids, table);

    private static int MergeShort(Span<int> ids, MergeTable table)
    {
        Span<int> ranks = stackalloc int[Short];
        Span<int> merged = stackalloc int[Short];
        var count = ids.Length;
        for (var i = 0; i + 1 < count; i++)
            ranks[i] = table.TryGet(ids[i], ids[i + 1], out var rank, out merged[i]) ? rank : int.MaxValue;
        while (count > 1)
        {
            var best = 0;
            for (var i = 1; i + 1 < count; i++)
            {
                if (ranks[i] < ranks[best])
                    best = i;
            }
            if (ranks[best] == int.MaxValue)
                break;
            ids[best] = merged[best];
            count--;
            for (var i = best + 1; i < count; i++)
                (ids[i], ranks[i], merged[i]) = (ids[i + 1], ranks[i + 1], merged[i + 1]);
            for (var i = Math.Max(0, best - 1); i <= best && i + 1 < count; i++)
                ranks[i] = table.TryGet(ids[i], ids[i + 1], out var rank, out merged[i]) ? rank : int.MaxValue;
        }
        return count;
    }

    private static int MergeLong(Span<int> ids, MergeTable table)
    {
        var n = ids.Length;
        var rented = ArrayPool<int>.Shared.Rent(4 * n);
        var next = rented.AsSpan(0, n);
        var previous = rented.AsSpan(n, n);
        var ranks = rented.AsSpan(2 * n, n);
        var merged = rented.AsSpan(3 * n, n);
        var queue = new PriorityQueue<int, ulong>(n);
        for (var i = 0; i < n; i++)
        {
            previous[i] = i - 1;
            next[i] = i + 1 < n ? i + 1 : -1;
            Offer(ids, i, next[i], table, ranks, merged, queue);
        }
        while (queue.TryDequeue(out var at, out var key))
        {
            if (ranks[at] != (int)(key >> 32))
                continue;
            var right = next[at];
            ids[at] = merged[at];
            ranks[right] = int.MaxValue;
            next[at] = next[right];
            if (next[at] >= 0)
                previous[next[at]] = at;
            Offer(ids, at, next[at], table, ranks, merged, queue);
            if (previous[at] >= 0)
                Offer(ids, previous[at], at, table, ranks, merged, queue);
        }
        var count = 0;
        for (var i = 0; i >= 0; i = next[i])
            ids[count++] = ids[i];
        ArrayPool<int>.Shared.Return(rented);
        return count;
    }

    private static void Offer(Span<int> ids, int left, int right, MergeTable table, Span<int> ranks, Span<int> merged, PriorityQueue<int, ulong> queue)
    {
        ranks[left] = int.MaxValue;
        if (right < 0 || !table.TryGet(ids[left], ids[right], out var rank, out merged[left]))
            return;
        ranks[left] = rank;
        queue.Enqueue(left, ((ulong)rank << 32) | (uint)left);
    }
}
