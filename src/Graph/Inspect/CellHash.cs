using System.Runtime.InteropServices;

namespace DataflowRlhf.Graph;

/// <summary>64 bits of a cell, equal for equal cells on every machine and in every run: to compare and to count, not to guard against anybody.</summary>
internal static class CellHash
{
    private const ulong Start = 0x9E3779B97F4A7C15;
    private const ulong Nothing = 0x5bf03635d1f2a8b1;

    /// <param name="values">A column's cells.</param>
    public static ulong Of(Array values, int row) => values switch
    {
        bool[] v => Mix(Start, v[row] ? 2UL : 1UL),
        int[] v => Mix(Start, (ulong)v[row]),
        long[] v => Mix(Start, (ulong)v[row]),
        float[] v => Mix(Start, BitConverter.SingleToUInt32Bits(v[row])),
        double[] v => Mix(Start, BitConverter.DoubleToUInt64Bits(v[row])),
        string?[] v => Of(v[row]),
        byte[]?[] v => v[row] is { } bytes ? Bytes(Start, bytes) : Nothing,
        int[]?[] v => v[row] is { } list ? Bytes(Start, MemoryMarshal.AsBytes(list.AsSpan())) : Nothing,
        float[]?[] v => v[row] is { } list ? Bytes(Start, MemoryMarshal.AsBytes(list.AsSpan())) : Nothing,
        string[]?[] v => v[row] is { } list ? list.Aggregate(Mix(Start, (ulong)list.Length), (hash, text) => Mix(hash, Of(text))) : Nothing,
        _ => throw new ArgumentException($"A column cannot hold {values.GetType().GetElementType()?.Name}."),
    };

    public static ulong Of(string? text) => text is null ? Nothing : Bytes(Start, MemoryMarshal.AsBytes(text.AsSpan()));

    private static ulong Bytes(ulong hash, ReadOnlySpan<byte> bytes)
    {
        hash = Mix(hash, (ulong)bytes.Length);
        for (; bytes.Length >= 8; bytes = bytes[8..])
            hash = Mix(hash, MemoryMarshal.Read<ulong>(bytes));
        var rest = 0UL;
        foreach (var one in bytes)
            rest = rest << 8 | one;
        return Mix(hash, rest);
    }

    /// <summary>One round of SplitMix64's finaliser over both.</summary>
    private static ulong Mix(ulong hash, ulong value)
    {
        var mixed = (hash ^ value) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 29)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 32) ^ (hash << 7);
    }
}
