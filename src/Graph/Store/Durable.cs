using System.Runtime.InteropServices;

namespace DataflowRlhf.Graph;

/// <summary>Brings files and folders to the disk, so that a rename is the moment at which an artifact exists.</summary>
internal static partial class Durable
{
    private const int NameTaken = 17; // EEXIST
    private const int NotSupported = 22; // EINVAL: this file system cannot, and does by itself

    /// <summary>Makes a folder, and those that it lies in, so that they last.</summary>
    /// <returns>Its path.</returns>
    public static string MakeFolder(string folder)
    {
        if (Directory.Exists(folder))
            return folder;
        var parent = Path.GetDirectoryName(folder)!;
        MakeFolder(parent);
        Directory.CreateDirectory(folder);
        Flush(parent);
        return folder;
    }

    /// <summary>Flushes everything below a folder, then the folder.</summary>
    /// <exception cref="IOException">The disk is full, or broken.</exception>
    public static void FlushTree(string folder)
    {
        foreach (var inner in FolderTree.Entries(folder))
            Flush(inner);
        Flush(folder);
    }

    /// <summary>Flushes a file, or makes what was renamed into a folder lasting. Read access is enough: a file may have come from a place that gives no more.</summary>
    public static void Flush(string path)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var handle = Open(path, 0);
        if (handle < 0)
            throw Problem(path);
        try
        {
            if (Sync(handle) != 0 && Marshal.GetLastPInvokeError() != NotSupported)
                throw Problem(path);
        }
        finally
        {
            _ = Close(handle);
        }
    }

    /// <summary>Gives a file a second name, without copying it.</summary>
    /// <returns>False where the name is taken; null where the file system cannot.</returns>
    public static bool? Link(string file, string name) =>
        OperatingSystem.IsWindows() ? null : HardLink(file, name) == 0 ? true : Marshal.GetLastPInvokeError() == NameTaken ? false : null;

    private static IOException Problem(string path) => new($"{path} cannot be brought to the disk: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int HardLink(string file, string name);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
