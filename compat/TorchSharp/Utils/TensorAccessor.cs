using System.Collections;

namespace TorchSharp.Utils;

/// <summary>A tensor's values in row-major order, whatever its strides; writes go through.</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly torch.Tensor tensor;
    private readonly long[] shape, strides;
    private readonly bool dense;
    private readonly T* data;

    internal TensorAccessor(torch.Tensor tensor)
    {
        this.tensor = tensor;
        shape = tensor.shape;
        strides = tensor.stride();
        dense = tensor.is_contiguous();
        data = (T*)tensor.Pointer;
        Count = tensor.numel();
    }

    public long Count { get; }
    public bool IsReadOnly => false;

    public T this[params long[] indices]
    {
        get
        {
            var value = data[Place(indices)];
            GC.KeepAlive(tensor);
            return value;
        }
        set
        {
            data[Place(indices)] = value;
            GC.KeepAlive(tensor);
        }
    }

    private long Place(long[] indices)
    {
        if (indices.Length == 1 && shape.Length != 1)
            return (ulong)indices[0] < (ulong)Count ? Offset(indices[0]) : throw Outside(indices);
        if (indices.Length != shape.Length)
            throw Outside(indices);
        long at = 0;
        for (var i = 0; i < indices.Length; i++)
            at += (ulong)indices[i] < (ulong)shape[i] ? indices[i] * strides[i] : throw Outside(indices);
        return at;
    }

    private IndexOutOfRangeException Outside(long[] indices) => new($"[{string.Join(", ", indices)}] is outside of a tensor of shape [{string.Join(", ", shape)}].");

    /// <summary>Where the n-th value in row-major order lies.</summary>
    private long Offset(long n)
    {
        if (dense)
            return n;
        long at = 0;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            at += n % shape[i] * strides[i];
            n /= shape[i];
        }
        return at;
    }

    public T[] ToArray()
    {
        var values = new T[Count];
        CopyTo(values.AsSpan());
        return values;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var count = (int)Math.Min(Count - tensorIndex, array.Length - arrayIndex);
        if (dense)
            new ReadOnlySpan<T>(data + tensorIndex, count).CopyTo(array[arrayIndex..]);
        else
            for (var i = 0; i < count; i++)
                array[arrayIndex + i] = data[Offset(tensorIndex + i)];
        GC.KeepAlive(tensor);
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var count = (int)Math.Min(Count - tensorIndex, array.Length - arrayIndex);
        for (var i = 0; i < count; i++)
            data[Offset(tensorIndex + i)] = array[arrayIndex + i];
        GC.KeepAlive(tensor);
    }

    /// <summary>The values in an array of as many dimensions as the tensor has.</summary>
    public Array ToNDArray()
    {
        var array = Array.CreateInstance(typeof(T), shape);
        ToArray().AsSpan().CopyTo(System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref System.Runtime.CompilerServices.Unsafe.As<byte, T>(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(array)), array.Length));
        return array;
    }

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)ToArray()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose() => GC.KeepAlive(tensor);
}
