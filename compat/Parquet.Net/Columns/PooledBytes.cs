using System.Buffers;

namespace Parquet.Columns;

/// <summary>Bytes in the making, in a lent array that goes back when it is disposed of: chunks are large and many, and the runtime clears each new array.</summary>
internal sealed class PooledBytes : IBufferWriter<byte>, IDisposable
{
    private const int Least = 1 << 12;
    private byte[] bytes = [];

    public int Count { get; private set; }

    public ReadOnlyMemory<byte> Memory => bytes.AsMemory(0, Count);

    /// <summary>What has been written, to be put right.</summary>
    public Span<byte> Span => bytes.AsSpan(0, Count);

    public void Advance(int count) => Count += count;

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        int needed = checked(Count + Math.Max(1, sizeHint));
        if (needed > bytes.Length) Grow(needed);
        return bytes.AsMemory(Count);
    }

    public void Clear() => Count = 0;

    public void Dispose()
    {
        if (bytes.Length > 0) ArrayPool<byte>.Shared.Return(bytes);
        bytes = [];
        Count = 0;
    }

    private void Grow(int needed)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Least, Math.Max(needed, (int)Math.Min(Array.MaxLength, 2L * bytes.Length))));
        Span.CopyTo(larger);
        if (bytes.Length > 0) ArrayPool<byte>.Shared.Return(bytes);
        bytes = larger;
    }
}
