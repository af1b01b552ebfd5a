using System.Buffers;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Tokenizers;

/// <summary>
/// Merges neighbouring symbols, the most urgent pair first, until no rule applies. Short words by looking for the smallest rank
/// each time, which is quick while everything is in one cache line; long ones by a linked list and a queue, O(n log n).
/// </summary>
internal static class SymbolMerger
{
    private const int Short = 32;

    /// <summary>Merges in place. Returns how many symbols are left, at the front.</summary>
    public static int Merge<TRule>(Span<Symbol> symbols, TRule rule)
        where TRule : IMergeRule
        => symbols.Length <= 1 ? symbols.Length : symbols.Length <= Short ? MergeShort(symbols, rule) : MergeLong(symbols, rule);

    [SkipLocalsInit]
    private static int MergeShort<TRule>(Span<Symbol> symbols, TRule rule)
        where TRule : IMergeRule
    {
        Span<int> ranks = stackalloc int[Short];
        Span<int> ids = stackalloc int[Short];
        var count = symbols.Length;
        for (var i = 0; i + 1 < count; i++)
            Look(symbols, i, rule, ranks, ids);
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
            symbols[best] = new Symbol(ids[best], symbols[best].Start, symbols[best].Length + symbols[best + 1].Length);
            count--;
            for (var i = best + 1; i < count; i++)
            {
                symbols[i] = symbols[i + 1];
                ranks[i] = ranks[i + 1];
                ids[i] = ids[i + 1];
            }
            if (best > 0)
                Look(symbols, best - 1, rule, ranks, ids);
            if (best + 1 < count)
                Look(symbols, best, rule, ranks, ids);
        }
        return count;
    }

    private static void Look<TRule>(Span<Symbol> symbols, int i, TRule rule, Span<int> ranks, Span<int> ids)
        where TRule : IMergeRule
        => ranks[i] = rule.TryMerge(symbols[i], symbols[i + 1], out var rank, out ids[i]) ? rank : int.MaxValue;

    private static int MergeLong<TRule>(Span<Symbol> symbols, TRule rule)
        where TRule : IMergeRule
    {
        var n = symbols.Length;
        var rented = ArrayPool<int>.Shared.Rent(4 * n);
        try
        {
            var next = rented.AsSpan(0, n);
            var previous = rented.AsSpan(n, n);
            var ranks = rented.AsSpan(2 * n, n);
            var ids = rented.AsSpan(3 * n, n);
            var queue = new PriorityQueue<int, ulong>(n);
            for (var i = 0; i < n; i++)
            {
                previous[i] = i - 1;
                next[i] = i + 1 < n ? i + 1 : -1;
                Offer(symbols, i, next[i], rule, ranks, ids, queue);
            }
            while (queue.TryDequeue(out var at, out var key))
            {
                if (ranks[at] != (int)(key >> 32))
                    continue;
                var right = next[at];
                symbols[at] = new Symbol(ids[at], symbols[at].Start, symbols[at].Length + symbols[right].Length);
                symbols[right] = default;
                ranks[right] = int.MaxValue;
                next[at] = next[right];
                if (next[at] >= 0)
                    previous[next[at]] = at;
                Offer(symbols, at, next[at], rule, ranks, ids, queue);
                if (previous[at] >= 0)
                    Offer(symbols, previous[at], at, rule, ranks, ids, queue);
            }
            var count = 0;
            for (var i = 0; i >= 0; i = next[i])
                symbols[count++] = symbols[i];
            return count;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }

    private static void Offer<TRule>(Span<Symbol> symbols, int left, int right, TRule rule, Span<int> ranks, Span<int> ids, PriorityQueue<int, ulong> queue)
        where TRule : IMergeRule
    {
        if (right < 0 || !rule.TryMerge(symbols[left], symbols[right], out var rank, out ids[left]))
        {
            ranks[left] = int.MaxValue;
            return;
        }
        ranks[left] = rank;
        queue.Enqueue(left, ((ulong)rank << 32) | (uint)left);
    }
}
