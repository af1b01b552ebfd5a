using Parquet.Thrift;

namespace Parquet.Meta;

/// <summary>One column of one row group.</summary>
public sealed class ColumnChunk
{
    /// <summary>Another file that holds the data; such files are not read.</summary>
    public string? FilePath { get; set; }

    public long FileOffset { get; set; }

    public ColumnMetaData? MetaData { get; set; }

    internal bool IsEncrypted { get; private set; }

    internal static ColumnChunk Read(ref CompactReader reader)
    {
        var read = new ColumnChunk();
        reader.Enter();
        for (short id = 0; reader.NextField(ref id, out var type);)
        {
            switch (id)
            {
                case 1: read.FilePath = reader.Text(type); break;
                case 2: read.FileOffset = reader.I64(type); break;
                case 3: reader.Struct(type); read.MetaData = ColumnMetaData.Read(ref reader); break;
                case 8: read.IsEncrypted = true; reader.Skip(type); break;
                default: reader.Skip(type); break;
            }
        }
        return read;
    }

    internal void Write(CompactWriter writer)
    {
        writer.I64(2, FileOffset);
        if (MetaData is { } meta) writer.Struct(3, meta.Write);
    }
}
