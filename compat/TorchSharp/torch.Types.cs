using System.Runtime.InteropServices;

namespace TorchSharp;

public enum DeviceType
{
    CPU = 0,
    CUDA = 1,
    MKLDNN = 2,
    OPENGL = 3,
    OPENCL = 4,
    IDEEP = 5,
    HIP = 6,
    FPGA = 7,
    MSNPU = 8,
    XLA = 9,
    MPS = 13,
    META = 14,
}

public static partial class torch
{
    public enum ScalarType : sbyte
    {
        Byte = 0,
        Int8 = 1,
        Int16 = 2,
        Int32 = 3,
        Int64 = 4,
        Float16 = 5,
        Float32 = 6,
        Float64 = 7,
        ComplexFloat32 = 9,
        ComplexFloat64 = 10,
        Bool = 11,
        BFloat16 = 15,
    }

    public enum RoundingMode
    {
        None,
        trunc,
        floor,
    }

    public static ScalarType @bool = ScalarType.Bool;
    public static ScalarType uint8 = ScalarType.Byte;
    public static ScalarType int8 = ScalarType.Int8;
    public static ScalarType int16 = ScalarType.Int16;
    public static ScalarType int32 = ScalarType.Int32;
    public static ScalarType int64 = ScalarType.Int64;
    public static ScalarType bfloat16 = ScalarType.BFloat16;
    public static ScalarType float16 = ScalarType.Float16;
    public static ScalarType float32 = ScalarType.Float32;
    public static ScalarType float64 = ScalarType.Float64;
    public static ScalarType @short = ScalarType.Int16;
    public static ScalarType @int = ScalarType.Int32;
    public static ScalarType @long = ScalarType.Int64;
    public static ScalarType half = ScalarType.Float16;
    public static ScalarType @float = ScalarType.Float32;
    public static ScalarType @double = ScalarType.Float64;

    public static readonly Device CPU = new(DeviceType.CPU);
    public static readonly Device META = new(DeviceType.META);
    public static Device CUDA => new(DeviceType.CUDA, 0);

    public static string __version__ => Marshal.PtrToStringUTF8(Native.shim_version())!;

    public class Device
    {
        public Device(string description)
        {
            var parts = description.Split(':');
            type = Parse(parts[0]);
            if (parts.Length > 2 || (parts.Length == 2 && !int.TryParse(parts[1], out _)))
                throw new ArgumentException($"'{description}' names no device; cpu, cuda or cuda:0 do.");
            index = parts.Length == 2 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : -1;
            Demand();
        }

        public Device(string deviceType, int index = -1)
            : this(Parse(deviceType), index)
        {
        }

        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
            Demand();
        }

        public Device(int index)
            : this(DeviceType.CUDA, index)
        {
        }

        private Device(DeviceType deviceType, int index, bool _)
        {
            type = deviceType;
            this.index = index;
        }

        /// <summary>A device that a tensor is on already.</summary>
        internal static Device Of(DeviceType type, int index) => new(type, index, true);

        public DeviceType type { get; }
        public int index { get; }

        private void Demand()
        {
            if (type == DeviceType.CUDA && !cuda.is_available())
                throw new InvalidOperationException("Torch device type CUDA did not initialise on the current machine.");
        }

        private static DeviceType Parse(string name) => Enum.TryParse<DeviceType>(name, true, out var found) && !char.IsDigit(name.FirstOrDefault())
            ? found
            : throw new ArgumentException($"'{name}' names no device; cpu or cuda do.");

        public override string ToString() => type.ToString().ToLowerInvariant() + (index < 0 ? "" : ":" + index);

        public static implicit operator Device(string description) => new(description);
    }

    public static Device device(string description) => new(description);
    public static Device device(string deviceType, int index = -1) => new(deviceType, index);
    public static Device device(DeviceType deviceType, int index = -1) => new(deviceType, index);
    public static Device device(int index) => new(index);

    public static partial class cuda
    {
        public static bool is_available() => Native.shim_has_cuda() != 0;
        public static int device_count() => Native.shim_cuda_count();
        public static void manual_seed(long seed) => manual_seed_all(seed);
        public static void manual_seed_all(long seed) => Native.Check(Native.shim_manual_seed((ulong)seed));
    }

    public static int get_num_threads() => Native.shim_get_threads();
    public static void set_num_threads(int num) => Native.Check(Native.shim_set_threads(num));

    public static DisposeScope NewDisposeScope() => new();
    public static DisposeScope? CurrentDisposeScope => DisposeScope.Current;

    /// <summary>Sets gradient recording for its thread until it is disposed of.</summary>
    private sealed class GradMode : IDisposable
    {
        private readonly int before = Native.grad_enabled();
        private bool ended;

        public GradMode(bool on) => Native.grad_set_enabled(on ? 1 : 0);

        public void Dispose()
        {
            if (ended)
                return;
            ended = true;
            Native.grad_set_enabled(before);
        }
    }

    public static IDisposable no_grad() => new GradMode(false);
    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);
    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);
    public static bool is_grad_enabled() => Native.grad_enabled() != 0;
    public static IDisposable inference_mode(bool mode = true) => new GradMode(!mode && is_grad_enabled());

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

    public sealed class Size(long[] sizes)
    {
        public long this[int index] => sizes[index];
        public int Length => sizes.Length;
        public static implicit operator long[](Size size) => size.ToArray();
        public static implicit operator Size(long[] sizes) => new(sizes);
        public long[] ToArray() => [.. sizes];
    }

    public struct TensorIndex
    {
        internal enum Kind
        {
            Null,
            Single,
            Slice,
            Ellipsis,
            Bool,
            Tensor,
        }

        internal Kind What;
        internal long? Start, Stop, Step;
        internal Tensor? Index;

        public static TensorIndex Ellipsis = new() { What = Kind.Ellipsis };
        public static TensorIndex None = new() { What = Kind.Null };
        public static TensorIndex Null = new() { What = Kind.Null };
        public static TensorIndex Colon = new() { What = Kind.Slice };

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) => new() { What = Kind.Slice, Start = start, Stop = stop, Step = step };
        public static TensorIndex Slice((int? start, int? end) range) => Slice(range.start, range.end);
        public static TensorIndex Slice(Range range) => Slice(At(range.Start), range.End.IsFromEnd && range.End.Value == 0 ? null : At(range.End));
        public static TensorIndex Bool(bool value) => new() { What = Kind.Bool, Start = value ? 1 : 0 };
        public static TensorIndex Single(long? index) => new() { What = Kind.Single, Start = index };
        public static TensorIndex Tensor(Tensor tensor) => new() { What = Kind.Tensor, Index = tensor };

        public static implicit operator TensorIndex(long value) => Single(value);
        public static implicit operator TensorIndex(Tensor value) => Tensor(value);
        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);
        public static implicit operator TensorIndex(Range range) => Slice(range);
        public static implicit operator TensorIndex(Index index) => Single(At(index));

        private static long At(Index index) => index.IsFromEnd ? -index.Value : index.Value;
    }
}
