using Parquet.Meta;

namespace Parquet.Columns;

/// <summary>A column chunk ready for the file; the offsets in <paramref name="Meta"/> count from its own beginning.</summary>
internal sealed record EncodedChunk(PooledBytes Bytes, ColumnMetaData Meta) : IDisposable
{
    public void Dispose() => Bytes.Dispose();
}
