namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        private Tensor Shaped(ShapeOp op, params ReadOnlySpan<long> numbers)
        {
            fixed (long* p = numbers)
                return New(Native.t_shaped(op, Handle, p, numbers.Length));
        }

        public Tensor view(params long[] shape) => Shaped(ShapeOp.View, shape);
        public Tensor reshape(params long[] shape) => Shaped(ShapeOp.Reshape, shape);
        public Tensor permute(params long[] permutation) => Shaped(ShapeOp.Permute, permutation);
        public Tensor expand(params long[] sizes) => Shaped(ShapeOp.Expand, sizes);
        public Tensor expand(long[] sizes, bool isImplicit = false) => Shaped(ShapeOp.Expand, sizes);
        public Tensor broadcast_to(params long[] shape) => Shaped(ShapeOp.Expand, shape);
        public Tensor repeat(params long[] sizes) => Shaped(ShapeOp.Repeat, sizes);
        public Tensor transpose(long dim0, long dim1) => Shaped(ShapeOp.Transpose, dim0, dim1);
        public Tensor swapaxes(long dim0, long dim1) => transpose(dim0, dim1);
        public Tensor squeeze(long? dim = null) => dim is { } d ? Shaped(ShapeOp.Squeeze, d) : Unary(UnaryOp.Squeeze);
        public Tensor unsqueeze(long dim) => Shaped(ShapeOp.Unsqueeze, dim);
        public Tensor narrow(long dim, long start, long length) => Shaped(ShapeOp.Narrow, dim, start, length);
        public Tensor slice(long dim, long start, long finish, long step) => Shaped(ShapeOp.Slice, dim, start, finish, step);
        public Tensor select(long dim, long index) => Shaped(ShapeOp.Select, dim, index);
        public Tensor flip(params long[] dims) => Shaped(ShapeOp.Flip, dims);
        public Tensor tril(long diagonal = 0) => Shaped(ShapeOp.Tril, diagonal);
        public Tensor triu(long diagonal = 0) => Shaped(ShapeOp.Triu, diagonal);
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Shaped(ShapeOp.Flatten, start_dim, end_dim);
        public Tensor unflatten(long dim, params long[] sizes) => Shaped(ShapeOp.Unflatten, [dim, .. sizes]);
        public Tensor roll(long shifts, long? dims = null) => dims is { } dim ? Shaped(ShapeOp.Roll, shifts, dim) : reshape(-1).roll(shifts, 0).reshape(shape);
        public Tensor diagonal(long offset = 0, long dim1 = 0, long dim2 = 1) => Shaped(ShapeOp.Diagonal, offset, dim1, dim2);
        public Tensor unfold(long dim, long size, long step) => Shaped(ShapeOp.Unfold, dim, size, step);
        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) => Shaped(ShapeOp.RepeatInterleave, repeats, dim ?? long.MinValue);
        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) => New(Native.t_repeat_interleave(Handle, repeats.Handle, dim ?? long.MinValue));

        public Tensor[] split(long[] sizes, long dim = 0)
        {
            var handles = new nint[sizes.Length];
            fixed (long* each = sizes)
            fixed (nint* result = handles)
                Native.Check(Native.t_split(Handle, each, sizes.Length, dim, result));
            return [.. handles.Select(h => new Tensor(h))];
        }

        public Tensor[] split(long size, int dim = 0)
        {
            if (size <= 0)
                throw new System.Runtime.InteropServices.ExternalException($"split expects split_size be positive, but got split_size={size}");
            var whole = this.size(dim);
            var sizes = new long[Math.Max(1, (whole + size - 1) / size)];
            for (var i = 0; i < sizes.Length; i++)
                sizes[i] = Math.Min(size, whole - (i * size));
            return split(sizes, dim);
        }

        public Tensor[] chunk(long chunks, long dim = 0) => chunks <= 0
            ? throw new System.Runtime.InteropServices.ExternalException($"chunk expects `chunks` to be greater than 0, got: {chunks}")
            : split(Math.Max(1, (size((int)dim) + chunks - 1) / chunks), (int)dim);

        public Tensor[] unbind(long dimension = 0) => [.. Enumerable.Range(0, (int)size((int)dimension)).Select(i => select(dimension, i))];

        private Tensor To(ScalarType? type, Device? device, bool copy, bool disposeAfter)
        {
            var moved = New(Native.t_to(Handle, type is null ? -1 : (int)type, device is null ? -1 : (int)device.type, device?.index ?? -1, copy ? 1 : 0));
            if (disposeAfter)
                Dispose();
            return moved;
        }

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => To(type, null, copy, disposeAfter);
        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => To(null, device, copy, disposeAfter);
        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => To(type, device, copy, disposeAfter);
        public Tensor to(DeviceType deviceType, int deviceIndex = -1, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => To(null, new Device(deviceType, deviceIndex), copy, disposeAfter);
        public Tensor to(string device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => To(null, new Device(device), copy, disposeAfter);
        public Tensor to(Tensor other, bool non_blocking = false) => To(other.dtype, other.device, false, false);
        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => To(type, null, copy, disposeAfter);
        public Tensor type(ScalarType dtype) => To(dtype, null, false, false);
        public Tensor cpu() => To(null, CPU, false, false);
        public Tensor cuda(Device? device = null, bool non_blocking = false) => To(null, device ?? CUDA, false, false);
        public Tensor @float() => to(ScalarType.Float32);
        public Tensor @double() => to(ScalarType.Float64);
        public Tensor @long() => to(ScalarType.Int64);
        public Tensor @int() => to(ScalarType.Int32);
        public Tensor @bool() => to(ScalarType.Bool);
    }

    private static unsafe Tensor Joined(ReadOnlySpan<Tensor> tensors, long dim, bool stacked)
    {
        var handles = new nint[tensors.Length];
        for (var i = 0; i < handles.Length; i++)
            handles[i] = tensors[i].Handle;
        fixed (nint* p = handles)
            return new(Native.Check(stacked ? Native.t_stack(p, handles.Length, dim) : Native.t_cat(p, handles.Length, dim)));
    }

    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => Joined(tensors.ToArray(), dim, false);
    public static Tensor cat(Tensor[] tensors, long dim = 0) => Joined(tensors, dim, false);
    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0) => Joined(tensors, dim, false);
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => Joined(tensors.ToArray(), dim, true);
    public static Tensor reshape(Tensor input, params long[] shape) => input.reshape(shape);
    public static Tensor flatten(Tensor input, long start_dim = 0, long end_dim = -1) => input.flatten(start_dim, end_dim);
    public static Tensor transpose(Tensor input, long dim0, long dim1) => input.transpose(dim0, dim1);
    public static Tensor squeeze(Tensor input, long? dim = null) => input.squeeze(dim);
    public static Tensor unsqueeze(Tensor input, long dim) => input.unsqueeze(dim);
    public static Tensor permute(Tensor input, params long[] permutation) => input.permute(permutation);
    public static Tensor flip(Tensor input, params long[] dims) => input.flip(dims);
    public static Tensor tril(Tensor input, long diagonal = 0) => input.tril(diagonal);
    public static Tensor triu(Tensor input, long diagonal = 0) => input.triu(diagonal);
    public static Tensor narrow(Tensor input, long dim, long start, long length) => input.narrow(dim, start, length);
    public static Tensor select(Tensor input, long dim, long index) => input.select(dim, index);
    public static Tensor[] split(Tensor tensor, long[] split_size_or_sections, long dim = 0) => tensor.split(split_size_or_sections, dim);
    public static Tensor[] chunk(Tensor input, long chunks, long dim = 0) => input.chunk(chunks, dim);
    public static Tensor repeat_interleave(Tensor input, long repeats, long? dim = null, long? output_size = null) => input.repeat_interleave(repeats, dim, output_size);
}
