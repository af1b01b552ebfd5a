using System.Runtime.InteropServices;

namespace DataflowRlhf;

/// <summary>
/// Whether a path is a plain file, asked without opening it: to open a pipe waits until somebody writes, and a device may have no end.
/// Compiled into each box that reads files of the user's.
/// </summary>
internal static class PlainFile
{
    private const int TypeMask = 0xF000;
    private const int RegularType = 0x8000;
    private const int RoomForStatus = 512;

    /// <summary>Why a path cannot be read as a file, in words that go on from its name ("is a folder"), or null where it can. Links are followed.</summary>
    public static string? Problem(string path)
    {
        if (path.Length == 0 || path.Contains('\0'))
            return "is no path";
        if (Directory.Exists(path))
            return "is a folder, not a file";
        if (!File.Exists(path))
            return "is not there";
        return Type(path) switch
        {
            0 or RegularType => null,
            0x1000 => "is a pipe, not a plain file",
            0x2000 or 0x6000 => "is a device, not a plain file",
            0xC000 => "is a socket, not a plain file",
            _ => "is not a plain file",
        };
    }

    /// <summary>Opens a plain file for reading.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    /// <exception cref="IOException">It is a folder, a pipe, a device or a socket.</exception>
    public static FileStream Open(string path) => Problem(path) switch
    {
        null => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete),
        "is not there" => throw new FileNotFoundException("it is not there.", path),
        var problem => throw new IOException($"it {problem}."),
    };

    /// <summary>The whole of a plain file.</summary>
    /// <exception cref="IOException">It is none, or has more bytes than may be.</exception>
    public static byte[] ReadBytes(string path, long most)
    {
        using var file = Open(path);
        if (file.Length > most)
            throw new IOException($"it has {file.Length:N0} bytes; at most {most:N0} are read.");
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>The whole text of a plain UTF-8 file, without a byte order mark.</summary>
    /// <exception cref="IOException">It is none, or has more bytes than may be.</exception>
    public static string ReadText(string path, long most)
    {
        using var reader = new StreamReader(new MemoryStream(ReadBytes(path, most)));
        return reader.ReadToEnd();
    }

    /// <summary>The kind of file that the system tells, or 0 where it tells none. The runtime's own call has the same layout on every Unix: flags, then the mode.</summary>
    private static int Type(string path)
    {
        if (OperatingSystem.IsWindows())
            return 0;
        var status = new int[RoomForStatus / sizeof(int)];
        return Stat(path, status) == 0 ? status[1] & TypeMask : 0;
    }

    [DllImport("libSystem.Native", EntryPoint = "SystemNative_Stat")]
    private static extern int Stat([MarshalAs(UnmanagedType.LPUTF8Str)] string path, [Out] int[] status);
}
