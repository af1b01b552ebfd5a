using System.Runtime.InteropServices;

namespace DataflowRlhf.Learning.Weights;

/// <summary>Replaces a file so that after a kill or a power loss it is the old one or the new one, whole.</summary>
public static partial class DurableFile
{
    private const int NotSupported = 22; // EINVAL: this file system cannot, and does by itself

    /// <summary>Writes beside the file, brings it to the disk, and renames. What is left of a write that failed is removed.</summary>
    /// <param name="path">The file, in a folder that is there.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The disk is full, or broken: the old file stands.</exception>
    public static void Write(string path, Action<Stream> write) => Write(Path.GetDirectoryName(path)!, stream =>
    {
        write(stream);
        return Path.GetFileName(path);
    });

    /// <summary>As above, where only what was written tells the file's name.</summary>
    /// <param name="write">Writes the content and returns the name.</param>
    /// <returns>The file's path.</returns>
    public static string Write(string folder, Func<Stream, string> write)
    {
        var making = Path.Combine(folder, $"{Path.GetRandomFileName()}.tmp");
        string path;
        try
        {
            using (var stream = new FileStream(making, FileMode.CreateNew))
            {
                path = Path.Combine(folder, write(stream));
                stream.Flush(flushToDisk: true);
            }
            File.Move(making, path, overwrite: true);
        }
        catch
        {
            File.Delete(making);
            throw;
        }
        FlushFolder(folder);
        return path;
    }

    /// <summary>Makes what was renamed into a folder lasting.</summary>
    private static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var handle = Open(folder, 0);
        if (handle < 0)
            throw Problem(folder);
        try
        {
            if (Sync(handle) != 0 && Marshal.GetLastPInvokeError() != NotSupported)
                throw Problem(folder);
        }
        finally
        {
            _ = Close(handle);
        }
    }

    private static IOException Problem(string path) => new($"{path} cannot be brought to the disk: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
