using System.Runtime.InteropServices;

namespace Parquet.Compression;

/// <summary>What zstd packs with, to be used again and again by one thread.</summary>
internal sealed partial class ZstdContext() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    public static ZstdContext New()
    {
        var context = new ZstdContext();
        context.SetHandle(ZSTD_createCCtx());
        return context.IsInvalid ? throw new InsufficientMemoryException("zstd got no memory for its tables.") : context;
    }

    protected override bool ReleaseHandle() => ZSTD_freeCCtx(handle) == 0;

    [LibraryImport("libzstd.so.1")]
    private static partial nint ZSTD_createCCtx();

    [LibraryImport("libzstd.so.1")]
    private static partial nuint ZSTD_freeCCtx(nint context);
}
