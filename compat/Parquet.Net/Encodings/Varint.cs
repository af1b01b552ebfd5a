using System.Buffers;

namespace Parquet.Encodings;

/// <summary>Numbers in groups of seven bits, lowest first.</summary>
internal static class Varint
{
    public static void Write(ulong value, IBufferWriter<byte> output)
    {
        var span = output.GetSpan(10);
        int length = 0;
        for (; value >= 0x80; value >>= 7) span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        output.Advance(length);
    }

    public static ulong Read(ReadOnlySpan<byte> data, ref int position, string what)
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (position >= data.Length) throw new ParquetException($"{what} end too early. The file is damaged; write it again.");
            byte next = data[position++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
        throw new ParquetException($"{what} have a number that does not end. The file is damaged; write it again.");
    }

    public static ulong ZigZag(long value) => (ulong)(value << 1 ^ value >> 63);

    public static long UnZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);
}
