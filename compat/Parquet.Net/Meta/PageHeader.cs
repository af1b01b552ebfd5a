using Parquet.Thrift;

namespace Parquet.Meta;

/// <summary>What stands before a page's bytes. The data headers of both versions and of dictionaries share these fields.</summary>
internal sealed class PageHeader
{
    public PageType Type { get; set; } = (PageType)(-1);

    public int UncompressedSize { get; set; } = -1;

    public int CompressedSize { get; set; } = -1;

    /// <summary>CRC-32 of the page's bytes as they are stored.</summary>
    public int? Crc { get; set; }

    public int NumValues { get; set; } = -1;

    public int NumNulls { get; set; }

    public int NumRows { get; set; }

    public Encoding Encoding { get; set; } = (Encoding)(-1);

    public Encoding DefinitionEncoding { get; set; } = Encoding.RLE;

    public Encoding RepetitionEncoding { get; set; } = Encoding.RLE;

    public int DefinitionBytes { get; set; }

    public int RepetitionBytes { get; set; }

    public bool IsCompressed { get; set; } = true;

    /// <summary>Reads a header from the beginning of <paramref name="data"/>; <paramref name="length"/> is how much of it that took.</summary>
    internal static PageHeader Read(ReadOnlySpan<byte> data, string where, out int length)
    {
        var reader = new CompactReader(data, where);
        var read = new PageHeader();
        int inner = -1;
        reader.Enter();
        for (short id = 0; reader.NextField(ref id, out var type);)
        {
            switch (id)
            {
                case 1: read.Type = (PageType)reader.I32(type); break;
                case 2: read.UncompressedSize = reader.I32(type); break;
                case 3: read.CompressedSize = reader.I32(type); break;
                case 4: read.Crc = reader.I32(type); break;
                case 5 or 7 or 8:
                    reader.Struct(type);
                    inner = id;
                    read.ReadInner(id, ref reader);
                    break;
                default: reader.Skip(type); break;
            }
        }
        int wanted = read.Type switch { PageType.DATA_PAGE => 5, PageType.DICTIONARY_PAGE => 7, PageType.DATA_PAGE_V2 => 8, _ => inner };
        if (inner != wanted) throw reader.Broken($"says {read.Type} but has no header for that");
        if (read.CompressedSize < 0 || read.UncompressedSize < 0) throw reader.Broken("has a negative page size");
        if (inner >= 0 && read.NumValues < 0) throw reader.Broken($"says that the page has {read.NumValues} values");
        length = reader.Position;
        return read;
    }

    internal void Write(CompactWriter writer)
    {
        writer.Begin();
        writer.I32(1, (int)Type);
        writer.I32(2, UncompressedSize);
        writer.I32(3, CompressedSize);
        writer.I32(4, Crc);
        if (Type == PageType.DICTIONARY_PAGE) writer.Struct(7, w => { w.I32(1, NumValues); w.I32(2, (int)Encoding); });
        else writer.Struct(5, w => { w.I32(1, NumValues); w.I32(2, (int)Encoding); w.I32(3, (int)Encoding.RLE); w.I32(4, (int)Encoding.RLE); });
        writer.End();
    }

    private void ReadInner(short kind, ref CompactReader reader)
    {
        reader.Enter();
        for (short id = 0; reader.NextField(ref id, out var type);)
        {
            switch (kind, id)
            {
                case (_, 1): NumValues = reader.I32(type); break;
                case (5 or 7, 2): Encoding = (Encoding)reader.I32(type); break;
                case (5, 3): DefinitionEncoding = (Encoding)reader.I32(type); break;
                case (5, 4): RepetitionEncoding = (Encoding)reader.I32(type); break;
                case (8, 2): NumNulls = reader.I32(type); break;
                case (8, 3): NumRows = reader.I32(type); break;
                case (8, 4): Encoding = (Encoding)reader.I32(type); break;
                case (8, 5): DefinitionBytes = reader.I32(type); break;
                case (8, 6): RepetitionBytes = reader.I32(type); break;
                case (8, 7): IsCompressed = reader.Bool(type); break;
                default: reader.Skip(type); break;
            }
        }
    }
}
