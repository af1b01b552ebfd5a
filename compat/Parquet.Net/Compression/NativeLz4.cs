using System.Runtime.InteropServices;

namespace Parquet.Compression;

/// <summary>The system's LZ4, in its block format.</summary>
internal static partial class NativeLz4
{
    private const string Library = "liblz4.so.1";

    /// <summary>Bytes unpacked; negative when the data is damaged or has more than <paramref name="into"/> holds.</summary>
    public static int Decompress(ReadOnlySpan<byte> data, Span<byte> into) => LZ4_decompress_safe(data, into, data.Length, into.Length);

    public static byte[] Compress(ReadOnlySpan<byte> data)
    {
        byte[] into = new byte[LZ4_compressBound(data.Length)];
        int written = LZ4_compress_default(data, into, data.Length, into.Length);
        return written > 0 || data.IsEmpty ? into[..written] : throw new ParquetException("LZ4 could not pack a page.");
    }

    [LibraryImport(Library)]
    private static partial int LZ4_decompress_safe(ReadOnlySpan<byte> data, Span<byte> into, int size, int capacity);

    [LibraryImport(Library)]
    private static partial int LZ4_compress_default(ReadOnlySpan<byte> data, Span<byte> into, int size, int capacity);

    [LibraryImport(Library)]
    private static partial int LZ4_compressBound(int size);
}
