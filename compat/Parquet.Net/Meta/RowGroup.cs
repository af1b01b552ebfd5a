using Parquet.Thrift;

namespace Parquet.Meta;

/// <summary>A horizontal part of the table, with one chunk for each leaf column.</summary>
public sealed class RowGroup
{
    public List<ColumnChunk> Columns { get; set; } = [];

    public long TotalByteSize { get; set; }

    public long NumRows { get; set; }

    public long? FileOffset { get; set; }

    public long? TotalCompressedSize { get; set; }

    internal static RowGroup Read(ref CompactReader reader)
    {
        var read = new RowGroup { NumRows = -1 };
        reader.Enter();
        for (short id = 0; reader.NextField(ref id, out var type);)
        {
            switch (id)
            {
                case 1:
                    int count = reader.List(type, WireType.Struct);
                    for (int i = 0; i < count; i++) read.Columns.Add(ColumnChunk.Read(ref reader));
                    break;
                case 2: read.TotalByteSize = reader.I64(type); break;
                case 3: read.NumRows = reader.I64(type); break;
                case 5: read.FileOffset = reader.I64(type); break;
                case 6: read.TotalCompressedSize = reader.I64(type); break;
                default: reader.Skip(type); break;
            }
        }
        return read;
    }

    internal void Write(CompactWriter writer)
    {
        writer.Structs(1, Columns, (w, column) => column.Write(w));
        writer.I64(2, TotalByteSize);
        writer.I64(3, NumRows);
        writer.I64(5, FileOffset);
        writer.I64(6, TotalCompressedSize);
    }
}
