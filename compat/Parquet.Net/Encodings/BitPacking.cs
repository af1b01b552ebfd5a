namespace Parquet.Encodings;

/// <summary>Puts numbers side by side, lowest bits first.</summary>
internal static class BitPacking
{
    public static void Pack(ReadOnlySpan<int> values, int bitWidth, Span<byte> into)
    {
        ulong pending = 0;
        int bits = 0, at = 0;
        foreach (int value in values)
        {
            pending |= (ulong)(uint)value << bits;
            for (bits += bitWidth; bits >= 8; bits -= 8, pending >>= 8) into[at++] = (byte)pending;
        }
        if (bits > 0) into[at++] = (byte)pending;
        into[at..].Clear();
    }

    public static void Pack(ReadOnlySpan<ulong> values, int bitWidth, Span<byte> into)
    {
        into.Clear();
        long bit = 0;
        foreach (ulong value in values)
        {
            for (int done = 0; done < bitWidth;)
            {
                int shift = (int)(bit & 7), take = Math.Min(8 - shift, bitWidth - done);
                into[(int)(bit >> 3)] |= (byte)((value >> done & ((1UL << take) - 1)) << shift);
                done += take;
                bit += take;
            }
        }
    }

    /// <summary>Takes one number of up to 64 bits from bit <paramref name="bit"/> on.</summary>
    public static ulong Read(ReadOnlySpan<byte> data, long bit, int bitWidth)
    {
        if (bitWidth == 0) return 0;
        int first = (int)(bit >> 3), shift = (int)(bit & 7), bytes = (shift + bitWidth + 7) / 8;
        ulong low = 0;
        for (int i = 0; i < Math.Min(bytes, 8); i++) low |= (ulong)data[first + i] << (8 * i);
        ulong value = low >> shift;
        if (bytes > 8) value |= (ulong)data[first + 8] << (64 - shift);
        return bitWidth == 64 ? value : value & ((1UL << bitWidth) - 1);
    }
}
