using Parquet.Meta;

namespace Parquet.Columns;

/// <summary>A column chunk's bytes, and what the footer says of them.</summary>
internal sealed record Chunk(string Name, ColumnMetaData Meta, int MaxDefinition, int MaxRepetition, long Rows, ReadOnlyMemory<byte> Bytes);
