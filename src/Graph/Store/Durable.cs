using System.Runtime.InteropServices;

namespace DataflowRlhf.Graph;

/// <summary>Brings files and folders to the disk, so that a rename is the moment at which an artifact exists.</summary>
internal static partial class Durable
{
    private const int ReadOnlyFolder = 0x10000; // O_RDONLY | O_DIRECTORY

    /// <summary>Flushes every file below a folder, then the folders themselves.</summary>
    public static void FlushTree(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        }
        foreach (var inner in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories))
            FlushFolder(inner);
        FlushFolder(folder);
    }

    /// <summary>Makes a rename in this folder lasting. Elsewhere than on Linux the file system does so by itself.</summary>
    public static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var handle = Open(folder, ReadOnlyFolder);
        if (handle < 0)
            throw new IOException($"{folder} cannot be brought to the disk (error {Marshal.GetLastPInvokeError()}).");
        _ = Sync(handle);
        _ = Close(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
