using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Parquet.Meta;

namespace Parquet.Encodings;

/// <summary>Numbers of fixed size: INT32, INT64, INT96, FLOAT, DOUBLE.</summary>
internal sealed class FixedPhysical<P>(bool ordered = true) : Physical<P> where P : unmanaged
{
    private static readonly bool HasDelta = typeof(P) == typeof(int) || typeof(P) == typeof(long);

    public override IComparer<P>? Order { get; } = ordered ? Comparer<P>.Default : null;

    public override P[] Decode(Encoding encoding, ReadOnlyMemory<byte> data, int count, string what)
    {
        int width = Unsafe.SizeOf<P>();
        switch (encoding)
        {
            case Encoding.PLAIN:
                Need((long)count * width, data.Length, what);
                return MemoryMarshal.Cast<byte, P>(data.Span[..(count * width)]).ToArray();
            case Encoding.BYTE_STREAM_SPLIT when typeof(P) != typeof(Int96):
                NeedSplit(data.Span, width, count, what);
                var joined = new P[count];
                Join(data.Span, width, MemoryMarshal.AsBytes(joined.AsSpan()));
                return joined;
            case Encoding.DELTA_BINARY_PACKED when HasDelta:
                int position = 0;
                long[] longs = DeltaBinaryPacked.Decode(data.Span, count, ref position, what);
                if (longs is P[] same) return same;
                var ints = new int[count];
                for (int i = 0; i < ints.Length; i++) ints[i] = unchecked((int)longs[i]);
                return (P[])(object)ints;
            default:
                throw Unsupported(encoding, what);
        }
    }

    public override void Encode(Encoding encoding, ReadOnlySpan<P> values, IBufferWriter<byte> output)
    {
        var bytes = MemoryMarshal.AsBytes(values);
        switch (encoding)
        {
            case Encoding.DELTA_BINARY_PACKED:
                DeltaBinaryPacked.Encode(ToLongs(values), typeof(P) == typeof(int), output);
                break;
            case Encoding.BYTE_STREAM_SPLIT:
                int width = Unsafe.SizeOf<P>();
                var into = output.GetSpan(bytes.Length + 1);
                for (int b = 0; b < width; b++)
                    for (int i = 0; i < values.Length; i++) into[b * values.Length + i] = bytes[i * width + b];
                output.Advance(bytes.Length);
                break;
            default:
                output.Write(bytes);
                break;
        }
    }

    public override (P Smallest, P Largest)? Extremes(ReadOnlySpan<P> values)
    {
        if (typeof(P) == typeof(float)) return Floating(MemoryMarshal.Cast<P, float>(values)) is var (least, most) ? ((P)(object)least, (P)(object)most) : null;
        if (typeof(P) == typeof(double)) return Floating(MemoryMarshal.Cast<P, double>(values)) is var (least, most) ? ((P)(object)least, (P)(object)most) : null;
        return base.Extremes(values);
    }

    public override int Width => Unsafe.SizeOf<P>();

    public override int SizeOf(P value) => Unsafe.SizeOf<P>();

    public override byte[] ToStatistic(P value) => MemoryMarshal.AsBytes(new ReadOnlySpan<P>(in value)).ToArray();

    public override P FromStatistic(byte[] bytes) => bytes.Length == Unsafe.SizeOf<P>()
        ? MemoryMarshal.Read<P>(bytes)
        : throw new ParquetException($"A statistic has {bytes.Length} bytes where a value has {Unsafe.SizeOf<P>()}. The file is damaged; write it again.");

    /// <summary>Eight or so at once; a NaN makes the whole unordered.</summary>
    private static (T Smallest, T Largest)? Floating<T>(ReadOnlySpan<T> values) where T : struct, IFloatingPoint<T>
    {
        T smallest = values[0], largest = values[0];
        int at = 0;
        if (values.Length >= Vector<T>.Count)
        {
            Vector<T> low = new(values), high = low, numbers = Vector<T>.AllBitsSet;
            for (; at + Vector<T>.Count <= values.Length; at += Vector<T>.Count)
            {
                var next = new Vector<T>(values[at..]);
                numbers &= Vector.Equals(next, next);
                low = Vector.ConditionalSelect(Vector.LessThan(next, low), next, low);
                high = Vector.ConditionalSelect(Vector.GreaterThan(next, high), next, high);
            }
            if (!Vector.EqualsAll(numbers.As<T, long>(), Vector<long>.AllBitsSet)) return null;
            for (int i = 0; i < Vector<T>.Count; i++)
                (smallest, largest) = (low[i] < smallest ? low[i] : smallest, high[i] > largest ? high[i] : largest);
        }
        for (; at < values.Length; at++)
        {
            if (T.IsNaN(values[at])) return null;
            (smallest, largest) = (values[at] < smallest ? values[at] : smallest, values[at] > largest ? values[at] : largest);
        }
        return (smallest, largest);
    }

    private static ReadOnlySpan<long> ToLongs(ReadOnlySpan<P> values)
    {
        if (typeof(P) == typeof(long)) return MemoryMarshal.Cast<P, long>(values);
        var ints = MemoryMarshal.Cast<P, int>(values);
        var longs = new long[ints.Length];
        for (int i = 0; i < longs.Length; i++) longs[i] = ints[i];
        return longs;
    }
}
