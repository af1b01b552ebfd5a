using System.Runtime.InteropServices;

namespace TorchSharp;

public static partial class torch
{
    public static string __version__ => Marshal.PtrToStringUTF8(Native.shim_version())!;

    public static int get_num_threads() => Native.shim_get_threads();
    public static void set_num_threads(int num) => Native.Check(Native.shim_set_threads(num));

    public static DisposeScope NewDisposeScope() => new();
    public static DisposeScope? CurrentDisposeScope => DisposeScope.Current;
}
