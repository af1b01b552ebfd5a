using System.Buffers.Binary;

namespace Parquet.Encodings;

/// <summary>Runs of one repeated number, and groups of eight packed numbers: levels, dictionary indices, booleans.</summary>
internal static class RleBitPacked
{
    /// <summary>Bits that a number up to <paramref name="max"/> takes.</summary>
    public static int BitWidth(int max) => 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)max);

    /// <summary>
    /// Decodes exactly <paramref name="count"/> numbers. The run headers are walked through first, so that memory is taken only for
    /// numbers that are there.
    /// </summary>
    /// <exception cref="ParquetException">There are fewer numbers, a run is empty or cut off, or the width is over 32 bits.</exception>
    public static int[] Decode(ReadOnlySpan<byte> data, int bitWidth, int count, string what)
    {
        if (bitWidth is < 0 or > 32) throw new ParquetException($"{what} are {bitWidth} bits wide; 0 to 32 are possible. The file is damaged; write it again.");
        if (count == 0) return [];
        Walk(data, bitWidth, count, what);
        var into = GC.AllocateUninitializedArray<int>(count);
        int position = 0;
        for (int done = 0; done < count;)
        {
            ulong head = Header(data, ref position, what);
            if ((head & 1) == 0)
            {
                int run = (int)Math.Min(head >> 1, (ulong)(count - done));
                into.AsSpan(done, run).Fill(Repeated(data, bitWidth, ref position));
                done += run;
                continue;
            }
            int bytes = checked((int)(head >> 1) * bitWidth);
            int packed = (int)Math.Min((head >> 1) * 8, (ulong)(count - done));
            Unpack(data.Slice(position, bytes), bitWidth, into.AsSpan(done, packed));
            position += bytes;
            done += packed;
        }
        return into;
    }

    /// <summary>Takes numbers of up to 32 bits apart, lowest bits first; <paramref name="data"/> holds enough for all.</summary>
    public static void Unpack(ReadOnlySpan<byte> data, int bitWidth, Span<int> into)
    {
        if (bitWidth == 0)
        {
            into.Clear();
            return;
        }
        ulong mask = (1UL << bitWidth) - 1;
        int wide = (int)Math.Clamp(((long)data.Length - 8) * 8 / bitWidth, 0, into.Length); // so many can be read eight bytes at a time
        long bit = 0;
        for (int i = 0; i < wide; i++, bit += bitWidth)
            into[i] = (int)(BinaryPrimitives.ReadUInt64LittleEndian(data[(int)(bit >> 3)..]) >> (int)(bit & 7) & mask);
        for (int i = wide; i < into.Length; i++, bit += bitWidth) into[i] = (int)BitPacking.Read(data, bit, bitWidth);
    }

    private static void Walk(ReadOnlySpan<byte> data, int bitWidth, int count, string what)
    {
        int position = 0;
        for (long found = 0; found < count;)
        {
            ulong head = Header(data, ref position, what);
            ulong size = head >> 1;
            if (size == 0) throw new ParquetException($"{what} have a run of length 0. The file is damaged; write it again.");
            ulong bytes = (head & 1) == 0 ? (ulong)(bitWidth + 7) / 8 : size * (ulong)bitWidth;
            if (bytes > (ulong)(data.Length - position)) throw new ParquetException($"{what} have a run of {bytes} bytes where {data.Length - position} are left. The file is damaged; write it again.");
            if (size > (ulong)int.MaxValue) throw new ParquetException($"{what} have a run of {size}. The file is damaged; write it again.");
            position += (int)bytes;
            found += (head & 1) == 0 ? (long)size : (long)size * 8;
        }
    }

    private static ulong Header(ReadOnlySpan<byte> data, ref int position, string what)
    {
        ulong value = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            if (position >= data.Length) throw new ParquetException($"{what} end too early. The file is damaged; write it again.");
            byte next = data[position++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
        throw new ParquetException($"{what} have a run header that does not end. The file is damaged; write it again.");
    }

    private static int Repeated(ReadOnlySpan<byte> data, int bitWidth, ref int position)
    {
        int bytes = (bitWidth + 7) / 8;
        uint value = 0;
        for (int i = 0; i < bytes; i++) value |= (uint)data[position++] << (8 * i);
        return (int)value;
    }
}
