using System.Buffers.Binary;
using System.IO.Compression;
using IronSnappy;
using Parquet.Meta;

namespace Parquet.Compression;

/// <summary>
/// Unpacks pages. The page header says how large a page becomes; no more than that is ever unpacked, and memory is taken only as far
/// as the packed bytes can plausibly fill it.
/// </summary>
internal static class Decompressor
{
    /// <exception cref="ParquetException">The data is damaged, unpacks to another size than it says, or the codec or its library is missing.</exception>
    public static ReadOnlyMemory<byte> Decompress(CompressionCodec codec, ReadOnlyMemory<byte> data, int size, string what)
    {
        try
        {
            var unpacked = codec switch
            {
                CompressionCodec.UNCOMPRESSED => data,
                _ when size == 0 && data.IsEmpty => data,
                CompressionCodec.SNAPPY => Snappy(data.Span, size, what),
                CompressionCodec.GZIP => Gzip(data, size, what),
                CompressionCodec.BROTLI => Brotli(data.Span, size, what),
                CompressionCodec.ZSTD => Zstd(data.Span, size, what),
                CompressionCodec.LZ4_RAW => Lz4(data.Span, size, what),
                CompressionCodec.LZ4 => Lz4Framed(data.Span, size, what),
                _ => throw new ParquetException($"{what} is packed with codec {(int)codec} ({codec}), which is not read. Write the file with none, snappy, gzip, brotli, lz4 or zstd."),
            };
            return unpacked.Length == size ? unpacked : throw Broken(what, $"unpacks to {unpacked.Length} bytes instead of {size}");
        }
        catch (Exception e) when (e is InvalidDataException or IOException or IndexOutOfRangeException or ArgumentException or OverflowException)
        {
            throw new ParquetException($"{what} cannot be unpacked with {codec} ({e.Message}). The file is damaged; write it again.", e);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new ParquetException($"{what} is packed with {codec}, but the system's library for it is missing ({e.Message.Split('\n')[0]}). Install libzstd1 or liblz4-1, or write the file with snappy, gzip or brotli.", e);
        }
    }

    private static byte[] Snappy(ReadOnlySpan<byte> data, int size, string what)
    {
        int position = 0;
        ulong claimed = Encodings.Varint.Read(data, ref position, what);
        if (claimed != (ulong)size) throw Broken(what, $"says it unpacks to {claimed} bytes instead of {size}");
        if (size > 64L * data.Length + 64) throw Implausible(what, size, data.Length);
        return IronSnappy.Snappy.Decode(data);
    }

    private static byte[] Gzip(ReadOnlyMemory<byte> data, int size, string what)
    {
        if (size > 1040L * data.Length + 1024) throw Implausible(what, size, data.Length);
        using var stream = new GZipStream(new MemoryStream(data.ToArray(), false), CompressionMode.Decompress);
        byte[] into = new byte[size];
        int read = stream.ReadAtLeast(into, size, throwOnEndOfStream: false);
        if (read < size) throw Broken(what, $"unpacks to {read} bytes instead of {size}");
        return stream.ReadByte() < 0 ? into : throw Broken(what, $"unpacks to more than the {size} bytes it should");
    }

    private static byte[] Brotli(ReadOnlySpan<byte> data, int size, string what)
    {
        using var decoder = new BrotliDecoder();
        byte[] into = new byte[FirstGuess(size, data.Length)];
        int done = 0;
        while (true)
        {
            var status = decoder.Decompress(data, into.AsSpan(done), out int read, out int written);
            data = data[read..];
            done += written;
            switch (status)
            {
                case System.Buffers.OperationStatus.Done:
                    return done == into.Length ? into : into[..done];
                case System.Buffers.OperationStatus.DestinationTooSmall when into.Length < size:
                    Array.Resize(ref into, Grown(into.Length, size));
                    break;
                case System.Buffers.OperationStatus.DestinationTooSmall:
                    throw Broken(what, $"unpacks to more than the {size} bytes it should");
                default:
                    throw Broken(what, "is not whole Brotli data");
            }
        }
    }

    private static byte[] Zstd(ReadOnlySpan<byte> data, int size, string what)
    {
        for (int capacity = FirstGuess(size, data.Length); ; capacity = Grown(capacity, size))
        {
            byte[] into = GC.AllocateUninitializedArray<byte>(capacity);
            if (NativeZstd.TryDecompress(data, into, out int written)) return written == into.Length ? into : into[..written];
            if (capacity == size) throw Broken(what, $"unpacks to more than the {size} bytes it should");
        }
    }

    private static byte[] Lz4(ReadOnlySpan<byte> data, int size, string what)
    {
        if (size > 256L * data.Length + 64) throw Implausible(what, size, data.Length);
        byte[] into = GC.AllocateUninitializedArray<byte>(size);
        int written = NativeLz4.Decompress(data, into);
        return written == size ? into : throw Broken(what, $"is not LZ4 data of {size} bytes");
    }

    /// <summary>Hadoop's frames: unpacked and packed size before each block, high bytes first. Some writers left the frames out.</summary>
    private static byte[] Lz4Framed(ReadOnlySpan<byte> data, int size, string what)
    {
        if (size > 256L * data.Length + 64) throw Implausible(what, size, data.Length);
        byte[] into = GC.AllocateUninitializedArray<byte>(size);
        int done = 0;
        for (var rest = data; ;)
        {
            if (rest.IsEmpty) return done == size ? into : throw Broken(what, $"unpacks to {done} bytes instead of {size}");
            if (rest.Length < 8) return Lz4(data, size, what);
            uint unpacked = BinaryPrimitives.ReadUInt32BigEndian(rest), packed = BinaryPrimitives.ReadUInt32BigEndian(rest[4..]);
            if (unpacked > size - done || packed > rest.Length - 8) return Lz4(data, size, what);
            if (NativeLz4.Decompress(rest.Slice(8, (int)packed), into.AsSpan(done, (int)unpacked)) != unpacked) return Lz4(data, size, what);
            done += (int)unpacked;
            rest = rest[(8 + (int)packed)..];
        }
    }

    private static int FirstGuess(int size, int packed) => (int)Math.Min(size, (1 << 16) + 32L * packed);

    private static int Grown(int capacity, int size) => (int)Math.Min(size, capacity * 4L);

    private static ParquetException Broken(string what, string how) => new($"{what} {how}. The file is damaged; write it again.");

    private static ParquetException Implausible(string what, int size, int packed) => Broken(what, $"says that {packed} bytes unpack to {size}, which is not possible");
}
