namespace TorchSharp;

public static partial class torch
{
    public static partial class cuda
    {
        public static bool is_available() => Native.shim_has_cuda() != 0;
        public static int device_count() => Native.shim_cuda_count();
        public static void manual_seed(long seed) => manual_seed_all(seed);
        public static void manual_seed_all(long seed) => Native.Check(Native.shim_manual_seed((ulong)seed));
    }
}
