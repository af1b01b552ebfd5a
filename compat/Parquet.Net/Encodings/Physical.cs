using System.Buffers;
using Parquet.Meta;

namespace Parquet.Encodings;

/// <summary>One way of storing values (integers of 32 bits, byte arrays, …) in all encodings that it may have.</summary>
internal abstract class Physical<P>
{
    /// <summary>Decodes exactly <paramref name="count"/> values.</summary>
    /// <exception cref="ParquetException">The data holds fewer values, or the encoding is not one of this type's.</exception>
    public abstract P[] Decode(Encoding encoding, ReadOnlyMemory<byte> data, int count, string what);

    public abstract void Encode(Encoding encoding, ReadOnlySpan<P> values, IBufferWriter<byte> output);

    public virtual IEqualityComparer<P> Equality => EqualityComparer<P>.Default;

    /// <summary>The order of the column's statistics; null where the format defines none.</summary>
    public virtual IComparer<P>? Order => null;

    /// <summary>The smallest and the largest of some values; null where there is no order, or one is not a number.</summary>
    public virtual (P Smallest, P Largest)? Extremes(ReadOnlySpan<P> values)
    {
        if (Order is not { } order) return null;
        P smallest = values[0], largest = values[0];
        foreach (var value in values)
        {
            if (order.Compare(value, smallest) < 0) smallest = value;
            if (order.Compare(value, largest) > 0) largest = value;
        }
        return (smallest, largest);
    }

    /// <summary>Bytes that every value takes in plain encoding; 0 where they differ.</summary>
    public virtual int Width => 0;

    /// <summary>Bytes that a value takes in plain encoding.</summary>
    public abstract int SizeOf(P value);

    /// <summary>A value as it stands in statistics: plain, without a length.</summary>
    public abstract byte[] ToStatistic(P value);

    public abstract P FromStatistic(byte[] bytes);

    protected static ParquetException Unsupported(Encoding encoding, string what) => Enum.IsDefined(encoding)
        ? new($"{what} are encoded as {encoding}, which {typeof(P).Name} does not have. The file is damaged; write it again.")
        : new($"{what} are encoded as {(int)encoding}, which is unknown. Write the file with PLAIN, dictionary, DELTA or BYTE_STREAM_SPLIT encoding.");

    protected static void Need(long bytes, int have, string what)
    {
        if (bytes > have) throw new ParquetException($"{what} need {bytes} bytes, but the page has {have}. The file is damaged; write it again.");
    }

    /// <summary>Puts values together whose first bytes, second bytes and so on are stored side by side.</summary>
    protected static void Join(ReadOnlySpan<byte> data, int width, Span<byte> into)
    {
        int stride = data.Length / width, count = into.Length / width;
        for (int b = 0; b < width; b++)
        {
            var stream = data.Slice(b * stride, count);
            for (int i = 0; i < stream.Length; i++) into[i * width + b] = stream[i];
        }
    }

    protected static void NeedSplit(ReadOnlySpan<byte> data, int width, int count, string what)
    {
        if (data.Length % width != 0) throw new ParquetException($"{what} are split into {width} streams, but {data.Length} bytes do not divide by that. The file is damaged; write it again.");
        Need((long)count * width, data.Length, what);
    }
}
