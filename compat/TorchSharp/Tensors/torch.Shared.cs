using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Lets go of the pinned array once the last tensor over it is gone; called from native code.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(nint pinned) => GCHandle.FromIntPtr(pinned).Free();

    private static ScalarType TypeOf(Array array) => array.GetType().GetElementType() switch
    {
        var t when t == typeof(bool) => ScalarType.Bool,
        var t when t == typeof(byte) => ScalarType.Byte,
        var t when t == typeof(sbyte) => ScalarType.Int8,
        var t when t == typeof(short) => ScalarType.Int16,
        var t when t == typeof(int) => ScalarType.Int32,
        var t when t == typeof(long) => ScalarType.Int64,
        var t when t == typeof(System.Half) => ScalarType.Float16,
        var t when t == typeof(float) => ScalarType.Float32,
        var t when t == typeof(double) => ScalarType.Float64,
        var t => throw new ArgumentException($"No tensor can be made of an array of {t?.Name}."),
    };

    /// <summary>A tensor over the array's own memory, which stays pinned while a tensor uses it.</summary>
    private static unsafe Tensor Shared(Array array, long offset, ReadOnlySpan<long> shape)
    {
        var type = TypeOf(array);
        var pinned = GCHandle.Alloc(array, GCHandleType.Pinned);
        fixed (long* dims = shape)
        {
            var made = Native.t_from_blob((byte*)pinned.AddrOfPinnedObject() + (offset * Buffer.ByteLength(array) / Math.Max(1, array.Length)), dims, shape.Length, (int)type, &Release, GCHandle.ToIntPtr(pinned));
            return new(Native.Check(made));
        }
    }

    /// <summary>A tensor of the array's shape that shares its memory, unless type or device ask for others.</summary>
    public static Tensor from_array(Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        using var scope = NewDisposeScope();
        var made = Shared(rawArray, 0, [.. Enumerable.Range(0, rawArray.Rank).Select(d => rawArray.GetLongLength(d))]);
        made = made.to(dtype ?? made.dtype, device ?? CPU);
        return (requires_grad ? made.requires_grad_() : made).MoveToOuterDisposeScope();
    }

    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    /// <summary>A row over part of the array, offset and count in elements; −1 for all that is left. It shares the memory unless the type is another.</summary>
    /// <exception cref="ArgumentException">The part is not within the array.</exception>
    public static Tensor frombuffer(Array rawArray, ScalarType dtype, long count = -1, long offset = 0, bool requires_grad = false)
    {
        var left = rawArray.LongLength - offset;
        if (offset < 0 || left < 0 || count > left)
            throw new ArgumentException($"{count} elements from {offset} on are not within an array of {rawArray.LongLength}.");
        using var scope = NewDisposeScope();
        var made = Shared(rawArray, offset, [count < 0 ? left : count]).to(dtype);
        return (requires_grad ? made.requires_grad_() : made).MoveToOuterDisposeScope();
    }

    public static Tensor as_tensor(Tensor data, ScalarType? dtype = null, Device? device = null) => data.to(dtype ?? data.dtype, device ?? data.device);
    public static Tensor as_tensor(bool[] rawArray, ScalarType? dtype = null, Device? device = null) => from_array(rawArray, dtype, device);
    public static Tensor as_tensor(byte[] rawArray, ScalarType? dtype = null, Device? device = null) => from_array(rawArray, dtype, device);
    public static Tensor as_tensor(sbyte[] rawArray, ScalarType? dtype = null, Device? device = null) => from_array(rawArray, dtype, device);
    public static Tensor as_tensor(short[] rawArray, ScalarType? dtype = null, Device? device = null) => from_array(rawArray, dtype, device);
    public static Tensor as_tensor(int[] rawArray, ScalarType? dtype = null, Device? device = null) => from_array(rawArray, dtype, device);
    public static Tensor as_tensor(long[] rawArray, ScalarType? dtype = null, Device? device = null) => from_array(rawArray, dtype, device);
    public static Tensor as_tensor(float[] rawArray, ScalarType? dtype = null, Device? device = null) => from_array(rawArray, dtype, device);
    public static Tensor as_tensor(double[] rawArray, ScalarType? dtype = null, Device? device = null) => from_array(rawArray, dtype, device);
}
