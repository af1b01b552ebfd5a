using System.Buffers;

namespace Parquet.Data;

/// <summary>An array that nobody else needs back.</summary>
internal sealed class ArrayOwner<T>(T[] array) : IMemoryOwner<T>
{
    public Memory<T> Memory { get; } = array;

    public void Dispose() { }
}
