using System.Buffers;
using System.Buffers.Binary;
using Parquet.Meta;

namespace Parquet.Encodings;

/// <summary>Booleans: a bit each, or runs.</summary>
internal sealed class BooleanPhysical : Physical<bool>
{
    public override IComparer<bool>? Order => Comparer<bool>.Default;

    public override bool[] Decode(Encoding encoding, ReadOnlyMemory<byte> data, int count, string what)
    {
        var span = data.Span;
        switch (encoding)
        {
            case Encoding.PLAIN:
                Need(((long)count + 7) / 8, span.Length, what);
                var bits = new bool[count];
                for (int i = 0; i < bits.Length; i++) bits[i] = (span[i >> 3] >> (i & 7) & 1) != 0;
                return bits;
            case Encoding.RLE:
                Need(4, span.Length, what);
                int length = BinaryPrimitives.ReadInt32LittleEndian(span);
                if (length < 0 || length > span.Length - 4) throw new ParquetException($"{what} say they take {length} bytes, but the page has {span.Length - 4}. The file is damaged; write it again.");
                return Array.ConvertAll(RleBitPacked.Decode(span.Slice(4, length), 1, count, what), i => i != 0);
            default:
                throw Unsupported(encoding, what);
        }
    }

    public override void Encode(Encoding encoding, ReadOnlySpan<bool> values, IBufferWriter<byte> output)
    {
        int bytes = (values.Length + 7) / 8;
        var into = output.GetSpan(bytes + 1)[..bytes];
        into.Clear();
        for (int i = 0; i < values.Length; i++)
            if (values[i]) into[i >> 3] |= (byte)(1 << (i & 7));
        output.Advance(bytes);
    }

    public override int SizeOf(bool value) => 1;

    public override byte[] ToStatistic(bool value) => [value ? (byte)1 : (byte)0];

    public override bool FromStatistic(byte[] bytes) => bytes is [not 0];
}
