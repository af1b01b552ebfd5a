using System.Buffers;
using System.Runtime.InteropServices;

namespace Parquet.Compression;

/// <summary>The system's zstd.</summary>
internal static partial class NativeZstd
{
    private const string Library = "libzstd.so.1";
    private const nuint DestinationTooSmall = 70;

    /// <summary>Zstd's tables, a megabyte or more, of this thread.</summary>
    [ThreadStatic]
    private static ZstdContext? context;

    /// <summary>Unpacks to at most <paramref name="into"/>; false when there is more than that.</summary>
    public static bool TryDecompress(ReadOnlySpan<byte> data, Span<byte> into, out int written)
    {
        nuint result = ZSTD_decompress(into, (nuint)into.Length, data, (nuint)data.Length);
        written = 0;
        if (ZSTD_isError(result) == 0)
        {
            written = (int)result;
            return true;
        }
        if (0 - result == DestinationTooSmall) return false;
        throw new ParquetException($"zstd could not unpack a page ({Marshal.PtrToStringUTF8(ZSTD_getErrorName(result))}). The file is damaged; write it again.");
    }

    public static byte[] Compress(ReadOnlySpan<byte> data, int level)
    {
        byte[] into = ArrayPool<byte>.Shared.Rent(checked((int)ZSTD_compressBound((nuint)data.Length)));
        try
        {
            nuint result = ZSTD_compressCCtx(context ??= ZstdContext.New(), into, (nuint)into.Length, data, (nuint)data.Length, level);
            if (ZSTD_isError(result) != 0) throw new ParquetException($"zstd could not pack a page: {Marshal.PtrToStringUTF8(ZSTD_getErrorName(result))}.");
            return into[..(int)result];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(into);
        }
    }

    [LibraryImport(Library)]
    private static partial nuint ZSTD_decompress(Span<byte> into, nuint capacity, ReadOnlySpan<byte> data, nuint size);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_compressCCtx(ZstdContext context, Span<byte> into, nuint capacity, ReadOnlySpan<byte> data, nuint size, int level);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_compressBound(nuint size);

    [LibraryImport(Library)]
    private static partial uint ZSTD_isError(nuint code);

    [LibraryImport(Library)]
    private static partial nint ZSTD_getErrorName(nuint code);
}
