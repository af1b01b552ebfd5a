using System.Runtime.InteropServices;

namespace DataflowRlhf.Runner.Doctor;

/// <summary>Whether a folder may be written, asked of the system without writing.</summary>
internal static partial class Access
{
    private const int Write = 2;

    /// <summary>True where the system cannot be asked.</summary>
    public static bool MayWrite(string path) => OperatingSystem.IsWindows() || Ask(path, Write) == 0;

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Ask(string path, int mode);
}
