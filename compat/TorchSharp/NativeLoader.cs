using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace TorchSharp;

/// <summary>Finds the shim and sets what its libraries read from the environment before they load: kernels for this processor, one pool of threads.</summary>
internal static partial class NativeLoader
{
    private const string Name = "libtorchshim.so";
    private static readonly Lock Gate = new();
    private static nint library;

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

#pragma warning disable CA2255 // A library with a native part has to hook its loading before the first call.
    [ModuleInitializer]
    internal static void Hook() => NativeLibrary.SetDllImportResolver(typeof(NativeLoader).Assembly, (name, _, _) => name == "torchshim" ? Load() : 0);
#pragma warning restore CA2255

    private static nint Load()
    {
        lock (Gate)
        {
            if (library != 0)
                return library;
            // OpenBLAS 0.3.21 takes newer processors for older ones; a preset of another time may be worse.
            if (Avx512F.IsSupported)
                _ = setenv("OPENBLAS_CORETYPE", "SkylakeX", 1);
            // Waiting OpenMP threads would fight OpenBLAS's own; sleeping ones do not.
            _ = setenv("GOMP_SPINCOUNT", "0", 0);
            var path = Path.Combine(AppContext.BaseDirectory, Name);
            if (!File.Exists(path))
                path = Path.Combine(Path.GetDirectoryName(typeof(NativeLoader).Assembly.Location)!, Name);
            library = NativeLibrary.Load(path);
            unsafe
            {
                ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(library, "shim_start"))(Threads());
            }
            return library;
        }
    }

    private static int Threads() =>
        int.TryParse(Environment.GetEnvironmentVariable("OMP_NUM_THREADS"), out var set) && set > 0 ? set : Environment.ProcessorCount;
}
