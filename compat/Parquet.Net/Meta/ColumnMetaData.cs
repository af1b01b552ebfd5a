using Parquet.Thrift;

namespace Parquet.Meta;

/// <summary>Where a column chunk lies in the file, and how it is stored.</summary>
public sealed class ColumnMetaData
{
    public Type Type { get; set; }

    public List<Encoding> Encodings { get; set; } = [];

    public List<string> PathInSchema { get; set; } = [];

    public CompressionCodec Codec { get; set; }

    /// <summary>Values with their nulls: the number of levels.</summary>
    public long NumValues { get; set; }

    public long TotalUncompressedSize { get; set; }

    public long TotalCompressedSize { get; set; }

    public List<KeyValue>? KeyValueMetadata { get; set; }

    public long DataPageOffset { get; set; }

    public long? IndexPageOffset { get; set; }

    public long? DictionaryPageOffset { get; set; }

    public Statistics? Statistics { get; set; }

    internal static ColumnMetaData Read(ref CompactReader reader)
    {
        var read = new ColumnMetaData();
        int seen = 0;
        reader.Enter();
        for (short id = 0; reader.NextField(ref id, out var type);)
        {
            if (id is > 0 and < 32) seen |= 1 << id;
            switch (id)
            {
                case 1: read.Type = (Type)reader.I32(type); break;
                case 2:
                    int encodings = reader.List(type, WireType.I32);
                    for (int i = 0; i < encodings; i++) read.Encodings.Add((Encoding)reader.I32(WireType.I32));
                    break;
                case 3:
                    int parts = reader.List(type, WireType.Binary);
                    for (int i = 0; i < parts; i++) read.PathInSchema.Add(reader.Text(WireType.Binary));
                    break;
                case 4: read.Codec = (CompressionCodec)reader.I32(type); break;
                case 5: read.NumValues = reader.I64(type); break;
                case 6: read.TotalUncompressedSize = reader.I64(type); break;
                case 7: read.TotalCompressedSize = reader.I64(type); break;
                case 8: read.KeyValueMetadata = KeyValue.ReadAll(type, ref reader); break;
                case 9: read.DataPageOffset = reader.I64(type); break;
                case 10: read.IndexPageOffset = reader.I64(type); break;
                case 11: read.DictionaryPageOffset = reader.I64(type); break;
                case 12: reader.Struct(type); read.Statistics = Statistics.Read(ref reader); break;
                default: reader.Skip(type); break;
            }
        }
        const int required = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 9;
        return (seen & required) == required ? read : throw reader.Broken("has a column chunk whose type, path, codec, size or place is missing");
    }

    internal void Write(CompactWriter writer)
    {
        writer.I32(1, (int)Type);
        writer.Numbers(2, [.. Encodings.Select(e => (int)e)]);
        writer.Texts(3, PathInSchema);
        writer.I32(4, (int)Codec);
        writer.I64(5, NumValues);
        writer.I64(6, TotalUncompressedSize);
        writer.I64(7, TotalCompressedSize);
        writer.Structs(8, KeyValueMetadata, (w, pair) => pair.Write(w));
        writer.I64(9, DataPageOffset);
        writer.I64(10, IndexPageOffset);
        writer.I64(11, DictionaryPageOffset);
        if (Statistics is { } statistics) writer.Struct(12, statistics.Write);
    }
}
