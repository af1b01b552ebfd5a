using System.Buffers.Binary;
using System.IO.Compression;

namespace Parquet.Compression;

/// <summary>Packs pages.</summary>
internal static class Compressor
{
    /// <exception cref="ParquetException">The system's library for the codec is missing.</exception>
    /// <exception cref="NotSupportedException">The codec is Lzo.</exception>
    public static ReadOnlyMemory<byte> Compress(CompressionMethod method, ReadOnlyMemory<byte> data, CompressionLevel level)
    {
        try
        {
            return method switch
            {
                CompressionMethod.None => data,
                CompressionMethod.Snappy => IronSnappy.Snappy.Encode(data.Span),
                CompressionMethod.Gzip => Through(data, stream => new GZipStream(stream, level, leaveOpen: true)),
                CompressionMethod.Brotli => Through(data, stream => new BrotliStream(stream, level, leaveOpen: true)),
                CompressionMethod.Zstd => NativeZstd.Compress(data.Span, ZstdLevel(level)),
                CompressionMethod.Lz4Raw => NativeLz4.Compress(data.Span),
                CompressionMethod.LZ4 => Framed(data.Span),
                _ => throw new NotSupportedException($"Pages are not packed with {method}. Use None, Snappy, Gzip, Brotli, LZ4, Lz4Raw or Zstd."),
            };
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new ParquetException($"Pages cannot be packed with {method}: the system's library for it is missing ({e.Message.Split('\n')[0]}). Install libzstd1 or liblz4-1, or use Snappy, Gzip or Brotli.", e);
        }
    }

    private static int ZstdLevel(CompressionLevel level) => level switch
    {
        CompressionLevel.SmallestSize => 9,
        CompressionLevel.Optimal => 3,
        _ => 1,
    };

    private static ReadOnlyMemory<byte> Through(ReadOnlyMemory<byte> data, Func<Stream, Stream> wrap)
    {
        var packed = new MemoryStream();
        using (var stream = wrap(packed)) stream.Write(data.Span);
        return packed.GetBuffer().AsMemory(0, (int)packed.Length);
    }

    private static byte[] Framed(ReadOnlySpan<byte> data)
    {
        byte[] packed = NativeLz4.Compress(data), framed = new byte[packed.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(framed, data.Length);
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(4), packed.Length);
        packed.CopyTo(framed, 8);
        return framed;
    }
}
