namespace TorchSharp;

public static partial class torch
{
    public static Generator manual_seed(long seed)
    {
        Native.Check(Native.shim_manual_seed((ulong)seed));
        return Generator.Default;
    }

    public static partial class random
    {
        public static Generator manual_seed(long seed) => torch.manual_seed(seed);
        public static Tensor get_rng_state() => Generator.Default.get_state();
        public static void set_rng_state(Tensor new_state) => Generator.Default.set_state(new_state);
    }

    public static Tensor get_rng_state() => random.get_rng_state();
    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);

    public class Generator : IDisposable
    {
        private nint handle;

        public Generator(ulong seed = 0, Device? device = null)
        {
            this.device = device ?? CPU;
            handle = Native.Check(Native.rng_new(seed, (int)this.device.type, Math.Max(0, this.device.index) * (this.device.type == DeviceType.CPU ? 0 : 1) - (this.device.type == DeviceType.CPU ? 1 : 0)));
        }

        private Generator(nint handle)
        {
            this.handle = handle;
            device = CPU;
        }

        ~Generator() => Dispose(false);

        public static Generator Default => new(Native.Check(Native.rng_default()));

        public IntPtr Handle => handle != 0 ? handle : throw new ObjectDisposedException(nameof(Generator));
        public Device device { get; }

        public Tensor get_state() => new(Native.Check(Native.rng_get_state(Handle)));
        public void set_state(Tensor value) => Native.Check(Native.rng_set_state(Handle, value.Handle));

        public Generator manual_seed(long seed)
        {
            Native.rng_seed(Handle, (ulong)seed);
            return this;
        }

        public long initial_seed() => (long)Native.rng_initial_seed(Handle);

        protected virtual void Dispose(bool disposing)
        {
            if (handle != 0)
                Native.rng_free(handle);
            handle = 0;
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }
    }
}
