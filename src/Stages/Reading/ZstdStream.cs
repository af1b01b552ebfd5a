using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DataflowRlhf.Stages.Reading;

/// <summary>
/// Unpacks zstd through the system's libzstd, frame after frame. Memory is bounded by the window that zstd itself allows (128 MiB), whatever a frame claims.
/// </summary>
internal sealed class ZstdStream : ForwardStream
{
    private const string Library = "libzstd.so.1";

    private readonly Context context;
    private readonly byte[] input = GC.AllocateArray<byte>(1 << 16, pinned: true);
    private readonly byte[] output = GC.AllocateArray<byte>(1 << 16, pinned: true);
    private int start, end, given, made;
    private bool ended, inFrame, any;

    /// <exception cref="InvalidDataException">The system has no libzstd.</exception>
    public ZstdStream(Stream source)
        : base(source)
    {
        try
        {
            context = ZSTD_createDStream();
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new InvalidDataException($"the system has no {Library}. Install it (apt install libzstd1), or unpack the file first:  zstd -d", e);
        }
        if (context.IsInvalid)
            throw new InvalidOperationException("libzstd gave no context: memory is short.");
    }

    /// <exception cref="InvalidDataException">The bytes are not zstd, are damaged, or end inside a frame.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken stopping = default)
    {
        ObjectDisposedException.ThrowIf(context.IsClosed, this);
        if (into.Length == 0)
            return 0;
        while (given == made)
        {
            stopping.ThrowIfCancellationRequested();
            if (start == end && !ended)
            {
                (start, end) = (0, await Source.ReadAsync(input, stopping));
                ended = end == 0;
                any |= end > 0;
            }
            Unpack();
            if (made > 0 || !ended || start < end)
                continue;
            return any && !inFrame ? 0 : throw new InvalidDataException(any ? "the zstd data end inside a frame; the file was cut short" : "it is empty, not even a zstd frame");
        }
        var count = Math.Min(into.Length, made - given);
        output.AsMemory(given, count).CopyTo(into);
        given += count;
        return count;
    }

    private void Unpack()
    {
        var from = new Buffer { Bytes = Marshal.UnsafeAddrOfPinnedArrayElement(input, 0), Size = (nuint)end, Place = (nuint)start };
        var to = new Buffer { Bytes = Marshal.UnsafeAddrOfPinnedArrayElement(output, 0), Size = (nuint)output.Length };
        var left = ZSTD_decompressStream(context, ref to, ref from);
        if (ZSTD_isError(left) != 0)
            throw new InvalidDataException($"the zstd data are damaged ({Marshal.PtrToStringUTF8(ZSTD_getErrorName(left))})");
        // Without input the answer is a mere hint; with it, 0 says that a frame is done and all of it given out.
        if (left == 0)
            inFrame = false;
        else if ((int)from.Place > start)
            inFrame = true;
        (start, given, made) = ((int)from.Place, 0, (int)to.Place);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            context.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer, which have one layout.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer
    {
        public nint Bytes;
        public nuint Size;
        public nuint Place;
    }

    internal sealed class Context() : SafeHandleZeroOrMinusOneIsInvalid(true)
    {
        protected override bool ReleaseHandle() => ZSTD_isError(ZSTD_freeDStream(handle)) == 0;
    }

    [DllImport(Library)]
    private static extern Context ZSTD_createDStream();

    [DllImport(Library)]
    private static extern nuint ZSTD_freeDStream(nint context);

    [DllImport(Library)]
    private static extern nuint ZSTD_decompressStream(Context context, ref Buffer into, ref Buffer from);

    [DllImport(Library)]
    private static extern uint ZSTD_isError(nuint code);

    [DllImport(Library)]
    private static extern nint ZSTD_getErrorName(nuint code);
}
