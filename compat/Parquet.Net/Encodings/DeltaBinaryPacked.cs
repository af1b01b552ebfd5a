using System.Buffers;

namespace Parquet.Encodings;

/// <summary>Integers as differences from the one before: blocks with a smallest difference, miniblocks with a width of their own.</summary>
internal static class DeltaBinaryPacked
{
    private const int BlockSize = 128, Miniblocks = 4, LargestBlock = 1 << 16;

    /// <summary>Decodes <paramref name="count"/> numbers; <paramref name="position"/> is where the next thing begins.</summary>
    /// <exception cref="ParquetException">The header is not possible, says another count, or the data ends too early.</exception>
    public static long[] Decode(ReadOnlySpan<byte> data, int count, ref int position, string what)
    {
        ulong blockSize = Varint.Read(data, ref position, what), miniblocks = Varint.Read(data, ref position, what);
        ulong total = Varint.Read(data, ref position, what);
        long value = Varint.UnZigZag(Varint.Read(data, ref position, what));
        if (blockSize == 0 || blockSize > LargestBlock || blockSize % 128 != 0) throw Broken(what, $"blocks of {blockSize}; multiples of 128 up to {LargestBlock} are possible");
        if (miniblocks == 0 || miniblocks > blockSize || blockSize % miniblocks != 0 || blockSize / miniblocks % 32 != 0) throw Broken(what, $"{miniblocks} miniblocks in a block of {blockSize}; each must hold a multiple of 32");
        if (total != (ulong)count) throw Broken(what, $"{total} values where the page has {count}");
        ulong blocks = total <= 1 ? 0 : (total - 2) / blockSize + 1;
        if (blocks * (1 + miniblocks) > (ulong)(data.Length - position)) throw Broken(what, $"{total} values in {data.Length} bytes");

        var into = GC.AllocateUninitializedArray<long>(count);
        int perMiniblock = (int)(blockSize / miniblocks);
        if (count > 0) into[0] = value;
        for (int done = 1; done < count;)
        {
            long smallest = Varint.UnZigZag(Varint.Read(data, ref position, what));
            if (data.Length - position < (int)miniblocks) throw Broken(what, "a block that is cut off");
            var widths = data.Slice(position, (int)miniblocks);
            position += (int)miniblocks;
            for (int m = 0; m < widths.Length && done < count; m++)
            {
                int width = widths[m];
                if (width > 64) throw Broken(what, $"a miniblock of {width} bits; 0 to 64 are possible");
                int take = Math.Min(perMiniblock, count - done), left = data.Length - position;
                if (((long)take * width + 7) / 8 > left) throw Broken(what, "a miniblock that is cut off");
                var packed = data[position..];
                for (int i = 0; i < take; i++)
                {
                    value = unchecked(value + smallest + (long)BitPacking.Read(packed, (long)i * width, width));
                    into[done++] = value;
                }
                position += Math.Min(perMiniblock / 8 * width, left);
            }
        }
        return into;
    }

    public static void Encode(ReadOnlySpan<long> values, bool is32Bit, IBufferWriter<byte> output)
    {
        Varint.Write(BlockSize, output);
        Varint.Write(Miniblocks, output);
        Varint.Write((ulong)values.Length, output);
        Varint.Write(Varint.ZigZag(values.IsEmpty ? 0 : values[0]), output);
        Span<long> deltas = stackalloc long[BlockSize];
        for (int at = 1; at < values.Length; at += BlockSize)
        {
            int count = Math.Min(BlockSize, values.Length - at);
            for (int i = 0; i < count; i++)
            {
                long delta = unchecked(values[at + i] - values[at + i - 1]);
                deltas[i] = is32Bit ? (int)delta : delta;
            }
            EncodeBlock(deltas[..count], is32Bit, output);
        }
    }

    private static void EncodeBlock(ReadOnlySpan<long> deltas, bool is32Bit, IBufferWriter<byte> output)
    {
        const int perMiniblock = BlockSize / Miniblocks;
        long smallest = long.MaxValue;
        foreach (long delta in deltas) smallest = Math.Min(smallest, delta);
        Varint.Write(Varint.ZigZag(smallest), output);
        Span<ulong> above = stackalloc ulong[BlockSize];
        above.Clear();
        for (int i = 0; i < deltas.Length; i++)
        {
            ulong difference = unchecked((ulong)(deltas[i] - smallest));
            above[i] = is32Bit ? (uint)difference : difference;
        }
        Span<byte> widths = stackalloc byte[Miniblocks];
        for (int m = 0; m < Miniblocks; m++)
        {
            ulong all = 0;
            foreach (ulong value in above.Slice(m * perMiniblock, perMiniblock)) all |= value;
            widths[m] = (byte)(64 - System.Numerics.BitOperations.LeadingZeroCount(all));
        }
        output.Write(widths);
        for (int m = 0; m * perMiniblock < deltas.Length; m++)
        {
            int bytes = perMiniblock / 8 * widths[m];
            if (bytes == 0) continue;
            BitPacking.Pack(above.Slice(m * perMiniblock, perMiniblock), widths[m], output.GetSpan(bytes)[..bytes]);
            output.Advance(bytes);
        }
    }

    private static ParquetException Broken(string what, string how) => new($"{what} have {how}. The file is damaged; write it again.");
}
