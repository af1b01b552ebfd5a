using Parquet.Data;
using Parquet.Meta;
using Parquet.Schema;

namespace Parquet.Columns;

/// <summary>Joins a column of the file to the type that it is read and written as.</summary>
internal abstract class ColumnBinding
{
    public abstract RawColumnData DecodeRaw(Chunk chunk);

    public abstract object FromStatistic(byte[] bytes);
}

/// <inheritdoc cref="ColumnBinding"/>
internal abstract class ColumnBinding<T> : ColumnBinding where T : struct
{
    public abstract DecodedColumn<T> Decode(Chunk chunk);

    public abstract EncodedChunk Encode(DataField field, ColumnParts<T> parts, ParquetOptions options, EncodingHint hint, Dictionary<string, string>? customMetadata);

    public override RawColumnData DecodeRaw(Chunk chunk)
    {
        var column = Decode(chunk);
        return new RawColumnData<T>(column.Values, column.Definitions, column.Repetitions, chunk.MaxDefinition);
    }
}
