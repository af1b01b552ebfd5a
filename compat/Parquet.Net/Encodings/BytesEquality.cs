namespace Parquet.Encodings;

/// <summary>Byte arrays are the same when their bytes are.</summary>
internal sealed class BytesEquality : IEqualityComparer<ReadOnlyMemory<byte>>
{
    public static readonly BytesEquality Instance = new();

    public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

    public int GetHashCode(ReadOnlyMemory<byte> value)
    {
        var hash = new HashCode();
        hash.AddBytes(value.Span);
        return hash.ToHashCode();
    }
}
