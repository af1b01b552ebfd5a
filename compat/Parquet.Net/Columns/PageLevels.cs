using System.Buffers.Binary;
using Parquet.Encodings;
using Parquet.Meta;

namespace Parquet.Columns;

/// <summary>The levels of one page, checked, and the bytes of its values after them.</summary>
internal sealed record PageLevels(int[]? Definitions, int[]? Repetitions, int Present, ReadOnlyMemory<byte> Values)
{
    /// <summary>Version 1: the levels stand before the values, each with its length, packed together with them.</summary>
    public static PageLevels OfVersion1(PageHeader header, ReadOnlyMemory<byte> body, Chunk chunk)
    {
        int[]? repetitions = null, definitions = null;
        if (chunk.MaxRepetition > 0) repetitions = Prefixed(ref body, header.RepetitionEncoding, chunk.MaxRepetition, header.NumValues, $"The repetition levels of '{chunk.Name}'");
        if (chunk.MaxDefinition > 0) definitions = Prefixed(ref body, header.DefinitionEncoding, chunk.MaxDefinition, header.NumValues, $"The definition levels of '{chunk.Name}'");
        return new PageLevels(definitions, repetitions, CountPresent(definitions, chunk, header), body);
    }

    /// <summary>Version 2: the levels' lengths are in the page's header; <paramref name="levels"/> are never packed.</summary>
    public static PageLevels OfVersion2(PageHeader header, ReadOnlyMemory<byte> levels, ReadOnlyMemory<byte> values, Chunk chunk)
    {
        int[]? repetitions = null, definitions = null;
        if (chunk.MaxRepetition > 0) repetitions = Levels(levels.Span[..header.RepetitionBytes], chunk.MaxRepetition, header.NumValues, $"The repetition levels of '{chunk.Name}'");
        if (chunk.MaxDefinition > 0) definitions = Levels(levels.Span[header.RepetitionBytes..], chunk.MaxDefinition, header.NumValues, $"The definition levels of '{chunk.Name}'");
        return new PageLevels(definitions, repetitions, CountPresent(definitions, chunk, header), values);
    }

    private static int[] Prefixed(ref ReadOnlyMemory<byte> body, Encoding encoding, int max, int count, string what)
    {
        if (encoding != Encoding.RLE) throw new ParquetException($"{what} are encoded as {encoding} ({(int)encoding}); only RLE is read. Write the file with a newer writer.");
        int length = body.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(body.Span);
        if (length < 0 || length > body.Length - 4) throw new ParquetException($"{what} say they take {length} bytes, but the page has {body.Length}. The file is damaged; write it again.");
        int[] levels = Levels(body.Span.Slice(4, length), max, count, what);
        body = body[(4 + length)..];
        return levels;
    }

    private static int[] Levels(ReadOnlySpan<byte> data, int max, int count, string what)
    {
        int[] levels = RleBitPacked.Decode(data, RleBitPacked.BitWidth(max), count, what);
        int wrong = levels.AsSpan().IndexOfAnyExceptInRange(0, max);
        return wrong < 0 ? levels : throw new ParquetException($"{what} go up to {max}, but number {wrong} is {levels[wrong]}. The file is damaged; write it again.");
    }

    private static int CountPresent(int[]? definitions, Chunk chunk, PageHeader header) =>
        definitions == null ? header.NumValues : definitions.AsSpan().Count(chunk.MaxDefinition);
}
