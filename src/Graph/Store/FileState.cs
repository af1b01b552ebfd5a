using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DataflowRlhf.Graph;

/// <summary>What tells a file from what it was, without reading it; links are followed.</summary>
/// <param name="Kind">In words: <c>file</c>, <c>folder</c>, <c>pipe</c>, <c>socket</c>, <c>device</c>.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Inode">0 where the system has none.</param>
/// <param name="Changed">When its content changed: nanoseconds since 1970. A copying tool can set it back.</param>
/// <param name="Touched">When anything of it changed: nanoseconds since 1970; nobody can set it back. As <paramref name="Changed"/> where the system has none.</param>
/// <param name="Links">By how many names it is known.</param>
internal readonly partial record struct FileState(string Kind, long Bytes, ulong Inode, long Changed, long Touched, uint Links)
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const int OfFolderItself = 0x1000; // AT_EMPTY_PATH
    private const uint BasicFields = 0x7ff; // STATX_BASIC_STATS
    private const int KindMask = 0xF000;

    /// <summary>Whether it is something that has an end and can be read twice.</summary>
    public bool IsPlain => Kind == "file";

    /// <exception cref="FileNotFoundException">There is nothing, or its folder may not be entered.</exception>
    public static FileState Of(string path)
    {
        if (!OperatingSystem.IsLinux())
            return Portable(path);
        return Read(CurrentFolder, path, 0);
    }

    /// <summary>Of an open file, also where it has no name any more. Only on Linux.</summary>
    public static FileState Of(SafeFileHandle open) => Read((int)open.DangerousGetHandle(), "", OfFolderItself);

    private static FileState Read(int folder, string path, int flags)
    {
        // struct statx is laid out alike on every processor, other than struct stat.
        Span<byte> answer = stackalloc byte[256];
        if (Statx(folder, path, flags, BasicFields, ref MemoryMarshal.GetReference(answer)) != 0)
            throw new FileNotFoundException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}", path);
        return new FileState(
            KindOf(BinaryPrimitives.ReadUInt16LittleEndian(answer[28..]) & KindMask),
            BinaryPrimitives.ReadInt64LittleEndian(answer[40..]),
            BinaryPrimitives.ReadUInt64LittleEndian(answer[32..]),
            Time(answer[112..]),
            Time(answer[96..]),
            BinaryPrimitives.ReadUInt32LittleEndian(answer[16..]));
    }

    private static string KindOf(int bits) => bits switch
    {
        0x8000 => "file",
        0x4000 => "folder",
        0x1000 => "pipe",
        0xC000 => "socket",
        _ => "device",
    };

    private static long Time(ReadOnlySpan<byte> stamp) => BinaryPrimitives.ReadInt64LittleEndian(stamp) * 1_000_000_000 + BinaryPrimitives.ReadUInt32LittleEndian(stamp[8..]);

    private static FileState Portable(string path)
    {
        if (Directory.Exists(path))
            return new FileState("folder", 0, 0, 0, 0, 1);
        var file = new FileInfo(path);
        var changed = (file.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks * 100;
        return new FileState((file.Attributes & FileAttributes.Device) != 0 ? "device" : "file", file.Length, 0, changed, changed, 1);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte answer);
}
