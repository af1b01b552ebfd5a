using System.Collections.Concurrent;

namespace Microsoft.ML.Tokenizers;

/// <summary>Remembers the ids of short words. Bounded: when it is full, no further word is kept. Safe from any thread.</summary>
internal sealed class WordCache(int capacity)
{
    private const int LongestWord = 48;

    private readonly ConcurrentDictionary<string, int[]> words = new();
    private int count;

    public bool TryGet(ReadOnlySpan<char> word, out int[]? ids)
    {
        ids = null;
        return word.Length <= LongestWord && words.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out ids);
    }

    public void Keep(ReadOnlySpan<char> word, ReadOnlySpan<int> ids)
    {
        if (word.Length > LongestWord || Volatile.Read(ref count) >= capacity)
            return;
        if (words.TryAdd(word.ToString(), ids.ToArray()))
            Interlocked.Increment(ref count);
    }
}
