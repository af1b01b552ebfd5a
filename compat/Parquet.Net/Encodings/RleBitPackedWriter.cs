using System.Buffers;

namespace Parquet.Encodings;

/// <summary>Writes numbers as runs where eight or more are the same, packed in groups of eight elsewhere.</summary>
internal static class RleBitPackedWriter
{
    private const int MostPacked = 512;

    public static void Write(ReadOnlySpan<int> values, int bitWidth, IBufferWriter<byte> output)
    {
        int at = 0;
        while (at < values.Length)
        {
            int run = RunAt(values, at);
            if (run >= 8)
            {
                WriteRun(values[at], run, bitWidth, output);
                at += run;
                continue;
            }
            int end = at;
            while (end < values.Length && end - at < MostPacked)
            {
                end = Math.Min(end + 8, values.Length); // groups are whole, so that the next run begins on its own
                if (end < values.Length && RunAt(values, end) >= 16) break;
            }
            WritePacked(values[at..end], bitWidth, output);
            at = end;
        }
    }

    private static int RunAt(ReadOnlySpan<int> values, int at)
    {
        int end = values[at..].IndexOfAnyExcept(values[at]);
        return end < 0 ? values.Length - at : end;
    }

    private static void WriteRun(int value, int count, int bitWidth, IBufferWriter<byte> output)
    {
        Varint.Write((ulong)count << 1, output);
        int bytes = (bitWidth + 7) / 8;
        var span = output.GetSpan(bytes + 1);
        for (int i = 0; i < bytes; i++) span[i] = (byte)(value >> (8 * i));
        output.Advance(bytes);
    }

    private static void WritePacked(ReadOnlySpan<int> values, int bitWidth, IBufferWriter<byte> output)
    {
        int groups = (values.Length + 7) / 8;
        Varint.Write((ulong)groups << 1 | 1, output);
        int bytes = groups * bitWidth;
        if (bytes == 0) return;
        var span = output.GetSpan(bytes)[..bytes];
        BitPacking.Pack(values, bitWidth, span);
        output.Advance(bytes);
    }
}
