using System.Runtime.InteropServices;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A handle on a native tensor: life, facts, values. What can be done with it stands in the files beside.</summary>
    public unsafe partial class Tensor : IDisposable
    {
        private static long total, peak;
        private nint handle;

        internal DisposeScope? Owner;

        internal Tensor(nint handle)
        {
            this.handle = handle;
            var count = Interlocked.Increment(ref total);
            if (count > Volatile.Read(ref peak))
                Volatile.Write(ref peak, count);
            var scope = DisposeScope.Current;
            DisposeScopeManager.Statistics.Created(scope is not null);
            scope?.Add(this);
        }

        ~Tensor() => Dispose(false);

        public static long TotalCount => Interlocked.Read(ref total);
        public static long PeakCount => Interlocked.Read(ref peak);

        public string? name { get; set; }
        public bool IsInvalid => handle == 0;
        public IntPtr Handle => handle != 0 ? handle : throw new InvalidOperationException("Tensor invalid -- empty handle.");

        public void Dispose()
        {
            if (!IsInvalid)
                DisposeScopeManager.Statistics.Disposed(Owner is not null);
            Owner?.Remove(this);
            Owner = null;
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            var mine = Interlocked.Exchange(ref handle, 0);
            if (mine == 0)
                return;
            Interlocked.Decrement(ref total);
            if (disposing)
                Native.t_free(mine);
            else
                Native.t_free_unused(mine);
        }

        public IntPtr DecoupleFromNativeHandle()
        {
            GC.SuppressFinalize(this);
            DisposeScopeManager.Statistics.Disposed(Owner is not null);
            Owner?.Remove(this);
            Owner = null;
            Interlocked.Decrement(ref total);
            return Interlocked.Exchange(ref handle, 0);
        }

        public Tensor MoveToOuterDisposeScope() => Owner is null ? this : Owner.MoveToOuter(this);
        public Tensor DetachFromDisposeScope() => MoveToOtherDisposeScope((DisposeScope?)null);
        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.Owner);

        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            DisposeScope.Hand(this, other);
            return this;
        }

        public long ndim => Native.t_ndim(Handle);
        public long dim() => ndim;
        public long NumberOfElements => Native.t_numel(Handle);
        public long numel() => NumberOfElements;
        public long ElementSize => Native.t_element_size(Handle);
        public long element_size() => ElementSize;
        public ScalarType dtype => (ScalarType)Native.t_dtype(Handle);
        public DeviceType device_type => (DeviceType)Native.t_device_type(Handle);
        public int device_index => Native.t_device_index(Handle);
        public Device device => Device.Of(device_type, device_index);
        public bool is_cuda => device_type == DeviceType.CUDA;
        public bool is_sparse => false;
        public bool is_leaf => Native.t_is_leaf(Handle) != 0;
        public bool is_integral() => dtype is ScalarType.Byte or ScalarType.Int8 or ScalarType.Int16 or ScalarType.Int32 or ScalarType.Int64 or ScalarType.Bool;
        public bool is_floating_point() => dtype is ScalarType.Float16 or ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16;
        public bool is_complex() => dtype is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;
        public bool is_contiguous() => Native.t_is_contiguous(Handle) != 0;
        public long storage_offset() => Native.t_storage_offset(Handle);

        public long[] shape
        {
            get
            {
                var sizes = new long[ndim];
                fixed (long* p = sizes)
                    Native.t_shape(Handle, p);
                return sizes;
            }
        }

        public long[] size() => shape;

        public long size(int dim)
        {
            var sizes = shape;
            var at = dim < 0 ? dim + sizes.Length : dim;
            return at >= 0 && at < sizes.Length ? sizes[at] : throw new IndexOutOfRangeException($"Dimension {dim} of a tensor of {sizes.Length} dimensions.");
        }

        public long[] stride()
        {
            var strides = new long[ndim];
            fixed (long* p = strides)
                Native.t_strides(Handle, p);
            return strides;
        }

        public long stride(int dim) => stride()[dim < 0 ? dim + (int)ndim : dim];

        public bool requires_grad
        {
            get => Native.t_requires_grad(Handle) != 0;
            set => Native.Check(Native.t_set_requires_grad(Handle, value ? 1 : 0));
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        public Tensor? grad
        {
            get
            {
                nint found;
                Native.Check(Native.t_grad(Handle, &found));
                return found != 0 ? new Tensor(found) : null;
            }
            set => Native.Check(Native.t_set_grad(Handle, value?.Handle ?? 0));
        }

        public void retain_grad() => Native.Check(Native.t_retain_grad(Handle));

        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            Demand<T>();
            DemandHost();
            return new TensorAccessor<T>(this);
        }

        public Span<byte> bytes
        {
            get
            {
                if (!is_contiguous())
                    throw new InvalidOperationException("SetBytes() called on non-contiguous tensor.");
                DemandHost();
                return new Span<byte>(Pointer, checked((int)(numel() * ElementSize)));
            }
            set => value.CopyTo(bytes);
        }

        internal void* Pointer
        {
            get
            {
                void* data;
                Native.Check(Native.t_data(Handle, &data));
                return data;
            }
        }

        private void DemandHost()
        {
            if (device_type != DeviceType.CPU)
                throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the CPU before reading.");
        }

        public T item<T>() where T : unmanaged
        {
            if (NumberOfElements != 1)
                throw new ArgumentException($"Number of elements in the tensor must be 1, not {NumberOfElements}.");
            Demand<T>();
            using var host = device_type == DeviceType.CPU ? null : cpu();
            var value = *(T*)(host ?? this).Pointer;
            GC.KeepAlive(this);
            return value;
        }

        private void Demand<T>()
        {
            var type = dtype;
            var fits = default(T) switch
            {
                byte => type is ScalarType.Byte,
                sbyte => type is ScalarType.Int8,
                short => type is ScalarType.Int16,
                int => type is ScalarType.Int32,
                long => type is ScalarType.Int64,
                float => type is ScalarType.Float32,
                double => type is ScalarType.Float64,
                bool => type is ScalarType.Bool,
                System.Half => type is ScalarType.Float16,
                _ => false,
            };
            if (!fits)
                throw new ArgumentException($"{typeof(T).Name} is not compatible with {type}");
        }

        internal double AsDouble()
        {
            double value;
            Native.Check(Native.t_item_double(Handle, &value));
            return value;
        }

        internal long AsInt64()
        {
            long value;
            Native.Check(Native.t_item_long(Handle, &value));
            return value;
        }

        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);
        public bool Equals(Tensor target) => Native.Check(Native.t_equal(Handle, target.Handle)) == 1;
        public override int GetHashCode() => handle.GetHashCode();
        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) => Native.Check(Native.t_allclose(Handle, target.Handle, rtol, atol, equal_nan ? 1 : 0)) == 1;
        public Tensor equal(Tensor target) => torch.tensor(Equals(target));

    }
}
