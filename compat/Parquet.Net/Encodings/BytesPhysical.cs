using System.Buffers;
using System.Buffers.Binary;
using Parquet.Meta;

namespace Parquet.Encodings;

/// <summary>Byte arrays, of any length or (<paramref name="fixedLength"/> over 0) of one.</summary>
internal sealed class BytesPhysical(int fixedLength, bool ordered) : Physical<ReadOnlyMemory<byte>>
{
    public override IEqualityComparer<ReadOnlyMemory<byte>> Equality => BytesEquality.Instance;

    public override IComparer<ReadOnlyMemory<byte>>? Order { get; } =
        ordered ? Comparer<ReadOnlyMemory<byte>>.Create((a, b) => a.Span.SequenceCompareTo(b.Span)) : null;

    public override ReadOnlyMemory<byte>[] Decode(Encoding encoding, ReadOnlyMemory<byte> data, int count, string what) => encoding switch
    {
        Encoding.PLAIN when fixedLength > 0 => Fixed(data, count, what),
        Encoding.PLAIN => Plain(data, count, what),
        Encoding.BYTE_STREAM_SPLIT when fixedLength > 0 => Joined(data, count, what),
        Encoding.DELTA_LENGTH_BYTE_ARRAY when fixedLength == 0 => DeltaLength(data, count, what),
        Encoding.DELTA_BYTE_ARRAY => DeltaBytes(data, count, what),
        _ => throw Unsupported(encoding, what),
    };

    public override void Encode(Encoding encoding, ReadOnlySpan<ReadOnlyMemory<byte>> values, IBufferWriter<byte> output)
    {
        foreach (var value in values)
        {
            var into = output.GetSpan(value.Length + 4);
            int head = 0;
            if (fixedLength == 0)
            {
                BinaryPrimitives.WriteInt32LittleEndian(into, value.Length);
                head = 4;
            }
            else if (value.Length != fixedLength) throw new ArgumentException($"A value has {value.Length} bytes where the column has {fixedLength}.");
            value.Span.CopyTo(into[head..]);
            output.Advance(value.Length + head);
        }
    }

    public override int SizeOf(ReadOnlyMemory<byte> value) => value.Length + (fixedLength == 0 ? 4 : 0);

    public override byte[] ToStatistic(ReadOnlyMemory<byte> value) => value.ToArray();

    public override ReadOnlyMemory<byte> FromStatistic(byte[] bytes) => bytes;

    private ReadOnlyMemory<byte>[] Fixed(ReadOnlyMemory<byte> data, int count, string what)
    {
        Need((long)count * fixedLength, data.Length, what);
        var values = new ReadOnlyMemory<byte>[count];
        for (int i = 0; i < values.Length; i++) values[i] = data.Slice(i * fixedLength, fixedLength);
        return values;
    }

    private static ReadOnlyMemory<byte>[] Plain(ReadOnlyMemory<byte> data, int count, string what)
    {
        Need((long)count * 4, data.Length, what);
        var span = data.Span;
        var values = new ReadOnlyMemory<byte>[count];
        int position = 0;
        for (int i = 0; i < values.Length; i++)
        {
            Need(position + 4L, span.Length, what);
            int length = BinaryPrimitives.ReadInt32LittleEndian(span[position..]);
            position += 4;
            if (length < 0 || length > span.Length - position) throw TooLong(what, i, length, span.Length - position);
            values[i] = data.Slice(position, length);
            position += length;
        }
        return values;
    }

    private ReadOnlyMemory<byte>[] Joined(ReadOnlyMemory<byte> data, int count, string what)
    {
        NeedSplit(data.Span, fixedLength, count, what);
        byte[] joined = new byte[count * fixedLength];
        Join(data.Span, fixedLength, joined);
        return Fixed(joined, count, what);
    }

    private static ReadOnlyMemory<byte>[] DeltaLength(ReadOnlyMemory<byte> data, int count, string what)
    {
        int position = 0;
        long[] lengths = DeltaBinaryPacked.Decode(data.Span, count, ref position, what);
        var values = new ReadOnlyMemory<byte>[count];
        for (int i = 0; i < values.Length; i++)
        {
            if (lengths[i] < 0 || lengths[i] > data.Length - position) throw TooLong(what, i, lengths[i], data.Length - position);
            values[i] = data.Slice(position, (int)lengths[i]);
            position += (int)lengths[i];
        }
        return values;
    }

    /// <summary>Each value is a prefix of the one before it and a suffix of its own.</summary>
    private ReadOnlyMemory<byte>[] DeltaBytes(ReadOnlyMemory<byte> data, int count, string what)
    {
        int position = 0;
        long[] prefixes = DeltaBinaryPacked.Decode(data.Span, count, ref position, what);
        var values = DeltaLength(data[position..], count, what);
        long total = 0;
        for (int i = 0; i < values.Length; i++)
        {
            int before = i == 0 ? 0 : values[i - 1].Length;
            if (prefixes[i] < 0 || prefixes[i] > before) throw new ParquetException($"{what}: value {i} shares {prefixes[i]} bytes with the one before it, which has {before}. The file is damaged; write it again.");
            total += prefixes[i] + values[i].Length;
            if (total > int.MaxValue) throw new ParquetException($"{what} take more than 2 GiB in one page; write smaller pages.");
            if (prefixes[i] > 0)
            {
                byte[] whole = new byte[(int)prefixes[i] + values[i].Length];
                values[i - 1].Span[..(int)prefixes[i]].CopyTo(whole);
                values[i].Span.CopyTo(whole.AsSpan((int)prefixes[i]));
                values[i] = whole;
            }
            if (fixedLength > 0 && values[i].Length != fixedLength) throw new ParquetException($"{what}: value {i} has {values[i].Length} bytes where the column has {fixedLength}. The file is damaged; write it again.");
        }
        return values;
    }

    private static ParquetException TooLong(string what, int index, long length, int left) =>
        new($"{what}: value {index} says it has {length} bytes, but {left} are left. The file is damaged; write it again.");
}
