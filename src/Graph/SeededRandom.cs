namespace DataflowRlhf.Graph;

/// <summary>A small deterministic generator (xoshiro256**, seeded by SplitMix64): the same numbers on every machine and runtime.</summary>
public sealed class SeededRandom
{
    private ulong a, b, c, d;

    public SeededRandom(ulong seed)
    {
        a = SplitMix(ref seed);
        b = SplitMix(ref seed);
        c = SplitMix(ref seed);
        d = SplitMix(ref seed);
    }

    /// <summary>A generator of its own for a named part, so that parts do not disturb each other.</summary>
    public static SeededRandom For(ulong seed, string part) => new(Mix(seed, part));

    /// <summary>A seed of its own for a named part (FNV-1a over the name, mixed with the seed).</summary>
    public static ulong Mix(ulong seed, string part)
    {
        var hash = 14695981039346656037UL;
        foreach (var character in part)
            hash = (hash ^ character) * 1099511628211UL;
        var state = seed ^ hash;
        return SplitMix(ref state);
    }

    public ulong NextULong()
    {
        var result = ulong.RotateLeft(b * 5, 7) * 9;
        var t = b << 17;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= t;
        d = ulong.RotateLeft(d, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (NextULong() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, bound). <paramref name="bound"/> must be positive.</summary>
    public int Next(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)Math.BigMul(NextULong(), (ulong)bound, out _);
    }

    /// <summary>Uniform in [from, to).</summary>
    public int Next(int from, int to) => from + Next(to - from);

    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    /// <summary>Fisher–Yates, in place.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
