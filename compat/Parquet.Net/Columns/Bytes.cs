using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Parquet.Encodings;
using Parquet.File.Values.Primitives;

namespace Parquet.Columns;

/// <summary>Values that are stored as bytes.</summary>
internal static class Bytes
{
    public static ReadOnlyMemory<char> ToText(ReadOnlyMemory<byte> value) => Encoding.UTF8.GetString(value.Span).AsMemory();

    /// <summary>The string itself where the memory is the whole of one, otherwise a copy.</summary>
    public static string ToText(ReadOnlyMemory<char> value) =>
        MemoryMarshal.TryGetString(value, out string? text, out int start, out int length) && start == 0 && length == text.Length ? text : new string(value.Span);

    public static Half ToHalf(ReadOnlyMemory<byte> value) => BinaryPrimitives.ReadHalfLittleEndian(value.Span);

    public static ReadOnlyMemory<byte> OfHalf(Half value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteHalfLittleEndian(bytes, value);
        return bytes;
    }

    public static Interval ToInterval(ReadOnlyMemory<byte> value)
    {
        var numbers = MemoryMarshal.Cast<byte, int>(value.Span);
        return new Interval(numbers[0], numbers[1], numbers[2]);
    }

    public static ReadOnlyMemory<byte> OfInterval(Interval value) => MemoryMarshal.AsBytes<int>([value.Months, value.Days, value.Millis]).ToArray();

    public static BigInteger ToUnscaled(ReadOnlyMemory<byte> value) => new(value.Span, isBigEndian: true);

    /// <summary>Two's complement, high bytes first, filled up to <paramref name="length"/> bytes (0: as many as it takes).</summary>
    public static ReadOnlyMemory<byte> OfUnscaled(BigInteger value, int length)
    {
        byte[] bytes = value.ToByteArray(isBigEndian: true);
        if (length == 0 || bytes.Length == length) return bytes;
        if (bytes.Length > length) throw new ArgumentException($"The number {value} takes {bytes.Length} bytes where the column has {length}.");
        byte[] filled = new byte[length];
        filled.AsSpan(0, length - bytes.Length).Fill(value.Sign < 0 ? byte.MaxValue : (byte)0);
        bytes.CopyTo(filled, length - bytes.Length);
        return filled;
    }

    public static BigInteger ToBigInteger(Int96 value) => new(MemoryMarshal.AsBytes(new ReadOnlySpan<Int96>(in value)));

    public static Int96 ToInt96(BigInteger value)
    {
        Span<byte> bytes = stackalloc byte[12];
        bytes.Fill(value.Sign < 0 ? byte.MaxValue : (byte)0);
        return value.TryWriteBytes(bytes, out _) ? MemoryMarshal.Read<Int96>(bytes) : throw new ArgumentException($"The number {value} takes more than 96 bits.");
    }
}
