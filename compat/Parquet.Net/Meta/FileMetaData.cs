using Parquet.Thrift;

namespace Parquet.Meta;

/// <summary>A file's footer.</summary>
public sealed class FileMetaData
{
    public int Version { get; set; }

    public List<SchemaElement> Schema { get; set; } = [];

    public long NumRows { get; set; }

    public List<RowGroup> RowGroups { get; set; } = [];

    public List<KeyValue>? KeyValueMetadata { get; set; }

    public string? CreatedBy { get; set; }

    internal static FileMetaData Read(ReadOnlySpan<byte> footer)
    {
        var reader = new CompactReader(footer, "The footer");
        var read = new FileMetaData();
        int seen = 0;
        reader.Enter();
        for (short id = 0; reader.NextField(ref id, out var type);)
        {
            if (id is > 0 and < 32) seen |= 1 << id;
            switch (id)
            {
                case 1: read.Version = reader.I32(type); break;
                case 2:
                    int elements = reader.List(type, WireType.Struct);
                    for (int i = 0; i < elements; i++) read.Schema.Add(SchemaElement.Read(ref reader));
                    break;
                case 3: read.NumRows = reader.I64(type); break;
                case 4:
                    int groups = reader.List(type, WireType.Struct);
                    for (int i = 0; i < groups; i++) read.RowGroups.Add(RowGroup.Read(ref reader));
                    break;
                case 5: read.KeyValueMetadata = KeyValue.ReadAll(type, ref reader); break;
                case 6: read.CreatedBy = reader.Text(type); break;
                default: reader.Skip(type); break;
            }
        }
        const int required = 1 << 2 | 1 << 3 | 1 << 4;
        if ((seen & required) != required) throw reader.Broken("lacks the schema, the number of rows or the row groups");
        return reader.Position == footer.Length ? read : throw reader.Broken("ends before the length that the file gives it");
    }

    internal void Write(CompactWriter writer)
    {
        writer.Begin();
        writer.I32(1, Version);
        writer.Structs(2, Schema, (w, element) => element.Write(w));
        writer.I64(3, NumRows);
        writer.Structs(4, RowGroups, (w, group) => group.Write(w));
        writer.Structs(5, KeyValueMetadata, (w, pair) => pair.Write(w));
        writer.Text(6, CreatedBy);
        int leaves = Schema.Count(e => e.Type != null);
        writer.Structs(7, new int[leaves], (w, _) => w.Empty(1)); // minimum and maximum follow the order of the type
        writer.End();
    }
}
