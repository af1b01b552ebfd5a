using Parquet.Compression;
using Parquet.Encodings;
using Parquet.Meta;

namespace Parquet.Columns;

/// <summary>Reads a column chunk page by page.</summary>
/// <typeparam name="P">How a value is stored.</typeparam>
/// <typeparam name="T">What it is read as.</typeparam>
internal sealed class ChunkDecoder<P, T>(Chunk chunk, Physical<P> physical, Func<P[], T[]> convert)
{
    private readonly List<T[]> values = [];
    private readonly List<int[]> definitions = [], repetitions = [];
    private readonly string what = $"The values of '{chunk.Name}'";
    private T[]? dictionary;
    private int count;

    /// <exception cref="ParquetException">The pages are not what they and the footer say.</exception>
    public DecodedColumn<T> Decode()
    {
        long claimed = chunk.Meta.NumValues;
        int position = 0;
        while (count < claimed && position < chunk.Bytes.Length)
        {
            var header = PageHeader.Read(chunk.Bytes.Span[position..], $"A page header of '{chunk.Name}'", out int length);
            position += length;
            if (header.CompressedSize > chunk.Bytes.Length - position) throw Broken($"has a page of {header.CompressedSize} bytes where {chunk.Bytes.Length - position} are left");
            var body = chunk.Bytes.Slice(position, header.CompressedSize);
            position += header.CompressedSize;
            if (header.Crc is { } crc && crc != Crc32.Compute(body.Span)) throw Broken($"has a page whose checksum is wrong ({header.Type}, before byte {position} of the column)");
            Page(header, body);
        }
        if (count != claimed) throw Broken($"has {count} values where the footer says {claimed}");
        var decoded = new DecodedColumn<T>(Joined(values), Joined(definitions, chunk.MaxDefinition), Joined(repetitions, chunk.MaxRepetition), count, chunk.MaxDefinition);
        CheckRows(decoded.Repetitions);
        return decoded;
    }

    private void Page(PageHeader header, ReadOnlyMemory<byte> body)
    {
        switch (header.Type)
        {
            case PageType.DICTIONARY_PAGE:
                if (dictionary != null) throw Broken("has two dictionaries");
                if (header.Encoding is not (Encoding.PLAIN or Encoding.PLAIN_DICTIONARY)) throw Broken($"has a dictionary encoded as {header.Encoding}");
                dictionary = convert(physical.Decode(Encoding.PLAIN, Unpack(body, header.UncompressedSize), header.NumValues, $"The dictionary of '{chunk.Name}'"));
                break;
            case PageType.DATA_PAGE:
                CheckCount(header);
                Add(header, PageLevels.OfVersion1(header, Unpack(body, header.UncompressedSize), chunk));
                break;
            case PageType.DATA_PAGE_V2:
                CheckCount(header);
                AddVersion2(header, body);
                break;
        }
    }

    private void AddVersion2(PageHeader header, ReadOnlyMemory<byte> body)
    {
        long levels = (long)header.RepetitionBytes + header.DefinitionBytes;
        if (header.RepetitionBytes < 0 || header.DefinitionBytes < 0 || levels > body.Length || levels > header.UncompressedSize)
            throw Broken($"has a page whose levels take {header.RepetitionBytes} and {header.DefinitionBytes} bytes of {body.Length}");
        if (header.NumNulls < 0 || header.NumNulls > header.NumValues) throw Broken($"has a page with {header.NumNulls} nulls among {header.NumValues} values");
        var packed = body[(int)levels..];
        int size = header.UncompressedSize - (int)levels;
        var data = header.IsCompressed && !packed.IsEmpty ? Unpack(packed, size) : packed;
        Add(header, PageLevels.OfVersion2(header, body[..(int)levels], data, chunk));
    }

    private void Add(PageHeader header, PageLevels levels)
    {
        values.Add(levels.Present == 0 ? [] : Values(header.Encoding, levels.Values, levels.Present));
        if (levels.Definitions is { } d) definitions.Add(d);
        if (levels.Repetitions is { } r) repetitions.Add(r);
        count += header.NumValues;
    }

    private T[] Values(Encoding encoding, ReadOnlyMemory<byte> data, int present)
    {
        if (encoding is not (Encoding.RLE_DICTIONARY or Encoding.PLAIN_DICTIONARY)) return convert(physical.Decode(encoding, data, present, what));
        if (dictionary is not { } words) throw Broken("has a page that refers to a dictionary, but no dictionary before it");
        if (data.IsEmpty) throw Broken("has an empty page of dictionary indices");
        int[] indices = RleBitPacked.Decode(data.Span[1..], data.Span[0], present, $"The dictionary indices of '{chunk.Name}'");
        var found = GC.AllocateUninitializedArray<T>(present);
        for (int i = 0; i < indices.Length; i++)
        {
            int index = indices[i];
            if ((uint)index >= (uint)words.Length) throw Broken($"refers to word {(uint)index} of a dictionary of {words.Length}");
            found[i] = words[index];
        }
        return found;
    }

    private ReadOnlyMemory<byte> Unpack(ReadOnlyMemory<byte> body, int size) =>
        Decompressor.Decompress(chunk.Meta.Codec, body, size, $"A page of '{chunk.Name}'");

    private void CheckCount(PageHeader header)
    {
        if (header.NumValues > chunk.Meta.NumValues - count) throw Broken($"has a page of {header.NumValues} values where the footer leaves room for {chunk.Meta.NumValues - count}");
    }

    private void CheckRows(int[]? levels)
    {
        long rows = levels == null ? count : levels.AsSpan().Count(0);
        if (levels is [not 0, ..]) throw Broken("begins in the middle of a row");
        if (rows != chunk.Rows) throw Broken($"has {rows} rows where the row group has {chunk.Rows}");
    }

    private static V[] Joined<V>(List<V[]> pages) => pages.Count switch
    {
        0 => [],
        1 => pages[0],
        _ => Concatenated(pages),
    };

    private static int[]? Joined(List<int[]> pages, int max) => max == 0 ? null : Joined(pages);

    private static V[] Concatenated<V>(List<V[]> pages)
    {
        var all = GC.AllocateUninitializedArray<V>(pages.Sum(p => p.Length));
        int at = 0;
        foreach (var page in pages)
        {
            page.CopyTo(all, at);
            at += page.Length;
        }
        return all;
    }

    private ParquetException Broken(string how) => new($"The column '{chunk.Name}' {how}. The file is damaged; write it again.");
}
