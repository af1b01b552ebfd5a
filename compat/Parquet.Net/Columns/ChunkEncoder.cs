using System.Buffers.Binary;
using Parquet.Compression;
using Parquet.Encodings;
using Parquet.Meta;
using Parquet.Schema;
using Parquet.Thrift;

namespace Parquet.Columns;

/// <summary>Makes the pages of a column chunk: a dictionary where words repeat, data pages of about a megabyte that end with a row.</summary>
internal sealed class ChunkEncoder<P>(DataField field, Physical<P> physical, ParquetOptions options, EncodingHint hint) : IDisposable where P : notnull
{
    private const int PageBytes = 1 << 20, MostLevels = 1 << 18, DictionaryBytes = 1 << 20, LongestStatistic = 64;

    private readonly PooledBytes output = new(), scratch = new();
    private readonly ColumnMetaData meta = new() { Type = field.SchemaElement!.Type!.Value, PathInSchema = field.Path.ToList(), Codec = (CompressionCodec)options.CompressionMethod };

    /// <returns>Owns what it holds from now on.</returns>
    public EncodedChunk Encode(ColumnParts<P> parts, Dictionary<string, string>? customMetadata)
    {
        var values = parts.Values.Span;
        var words = WordsOf(values);
        var encoding = words != null ? Encoding.RLE_DICTIONARY : Direct();
        if (words != null) WriteDictionary(words);
        meta.DataPageOffset = output.Count;
        int level = 0, value = 0;
        do
        {
            int levelEnd = PageEnd(values, parts, level, value, words != null);
            int valueEnd = parts.Definitions is { } d ? value + d.Span[level..levelEnd].Count(field.MaxDefinitionLevel) : levelEnd;
            WriteLevels(parts.Repetitions, level, levelEnd, field.MaxRepetitionLevel);
            WriteLevels(parts.Definitions, level, levelEnd, field.MaxDefinitionLevel);
            if (words != null) WriteIndices(words.Indices.AsSpan(value, valueEnd - value), words.Words.Count);
            else physical.Encode(encoding, values[value..valueEnd], scratch);
            WritePage(PageType.DATA_PAGE, levelEnd - level, encoding);
            (level, value) = (levelEnd, valueEnd);
        }
        while (level < parts.Count);
        Finish(values, parts, encoding, words != null, customMetadata);
        return new EncodedChunk(output, meta);
    }

    /// <summary>Lets go of the scratch; what was encoded is the chunk's.</summary>
    public void Dispose() => scratch.Dispose();

    private sealed record WordList(List<P> Words, int[] Indices);

    /// <summary>The dictionary, where the hint or the type asks for one and the words repeat enough.</summary>
    private WordList? WordsOf(ReadOnlySpan<P> values)
    {
        bool wanted = hint == EncodingHint.Dictionary || (hint == EncodingHint.Default && physical is BytesPhysical);
        if (!wanted || values.Length == 0 || typeof(P) == typeof(bool)) return null;
        var known = new Dictionary<P, int>(physical.Equality);
        var words = new List<P>();
        int[] indices = new int[values.Length];
        int bytes = 0, sample = Math.Max(1, options.DictionaryEncodingSampleSize);
        for (int i = 0; i < values.Length; i++)
        {
            if (!known.TryGetValue(values[i], out int index))
            {
                index = words.Count;
                known.Add(values[i], index);
                words.Add(values[i]);
                bytes += physical.SizeOf(values[i]);
                if (bytes > DictionaryBytes) return null;
            }
            indices[i] = index;
            if (i + 1 == sample && words.Count > options.DictionaryEncodingThreshold * sample) return null;
        }
        return words.Count <= options.DictionaryEncodingThreshold * values.Length ? new WordList(words, indices) : null;
    }

    private Encoding Direct() => hint switch
    {
        EncodingHint.DeltaBinaryPacked when typeof(P) == typeof(int) || typeof(P) == typeof(long) => Encoding.DELTA_BINARY_PACKED,
        EncodingHint.ByteSplitStream when typeof(P) == typeof(float) || typeof(P) == typeof(double) => Encoding.BYTE_STREAM_SPLIT,
        _ => Encoding.PLAIN,
    };

    private int PageEnd(ReadOnlySpan<P> values, ColumnParts<P> parts, int level, int value, bool indexed)
    {
        var definitions = parts.Definitions is { } d ? d.Span : default;
        var repetitions = parts.Repetitions is { } r ? r.Span : default;
        long bytes = 0;
        int end = level;
        if ((indexed ? 2 : physical.Width) is var width and > 0)
        {
            // Values of one size that are all there need no counting, up to where a page is full.
            int sure = Math.Min(parts.Count - level, Math.Min(MostLevels, PageBytes / width));
            if (definitions.IsEmpty || definitions.Slice(level, sure).IndexOfAnyExcept(field.MaxDefinitionLevel) < 0)
                (end, value, bytes) = (level + sure, value + sure, (long)sure * width);
        }
        for (; end < parts.Count; end++)
        {
            bool full = bytes >= PageBytes || end - level >= MostLevels;
            if (full && (repetitions.IsEmpty || repetitions[end] == 0)) break;
            if (definitions.IsEmpty || definitions[end] == field.MaxDefinitionLevel) bytes += indexed ? 2 : physical.SizeOf(values[value++]);
        }
        return end;
    }

    private void WriteDictionary(WordList words)
    {
        meta.DictionaryPageOffset = output.Count;
        physical.Encode(Encoding.PLAIN, words.Words.ToArray(), scratch);
        WritePage(PageType.DICTIONARY_PAGE, words.Words.Count, Encoding.PLAIN);
    }

    private void WriteIndices(ReadOnlySpan<int> indices, int words)
    {
        int bits = Math.Max(1, RleBitPacked.BitWidth(words - 1));
        scratch.GetSpan(1)[0] = (byte)bits;
        scratch.Advance(1);
        RleBitPackedWriter.Write(indices, bits, scratch);
    }

    private void WriteLevels(ReadOnlyMemory<int>? levels, int from, int to, int max)
    {
        if (max == 0 || levels is not { } all) return;
        int before = scratch.Count;
        scratch.GetSpan(4);
        scratch.Advance(4);
        RleBitPackedWriter.Write(all.Span[from..to], RleBitPacked.BitWidth(max), scratch);
        BinaryPrimitives.WriteInt32LittleEndian(scratch.Span[before..], scratch.Count - before - 4);
    }

    private void WritePage(PageType type, int count, Encoding encoding)
    {
        var packed = Compressor.Compress(options.CompressionMethod, scratch.Memory, options.CompressionLevel);
        var header = new PageHeader
        {
            Type = type,
            UncompressedSize = scratch.Count,
            CompressedSize = packed.Length,
            Crc = Crc32.Compute(packed.Span),
            NumValues = count,
            Encoding = encoding,
        };
        int before = output.Count;
        header.Write(new CompactWriter(output));
        meta.TotalUncompressedSize += output.Count - before + scratch.Count;
        packed.Span.CopyTo(output.GetSpan(packed.Length));
        output.Advance(packed.Length);
        meta.TotalCompressedSize = output.Count;
        scratch.Clear();
    }

    private void Finish(ReadOnlySpan<P> values, ColumnParts<P> parts, Encoding encoding, bool hasDictionary, Dictionary<string, string>? customMetadata)
    {
        meta.NumValues = parts.Count;
        meta.Encodings = [.. new[] { hasDictionary ? Encoding.PLAIN : encoding, encoding, Encoding.RLE }.Distinct()];
        meta.Statistics = StatisticsOf(values, parts.Count - values.Length);
        if (customMetadata is { Count: > 0 }) meta.KeyValueMetadata = [.. customMetadata.Select(pair => new KeyValue { Key = pair.Key, Value = pair.Value })];
    }

    private Statistics StatisticsOf(ReadOnlySpan<P> values, long nulls)
    {
        var statistics = new Statistics { NullCount = nulls };
        if (values.IsEmpty || physical.Extremes(values) is not var (smallest, largest)) return statistics;
        byte[] min = physical.ToStatistic(ZeroAs(smallest, negative: true)), max = physical.ToStatistic(ZeroAs(largest, negative: false));
        if (min.Length > LongestStatistic || max.Length > LongestStatistic) return statistics;
        (statistics.MinValue, statistics.MaxValue) = (min, max);
        return statistics;
    }

    /// <summary>A reader may not tell the zeros apart: the smallest is then -0, the largest +0, as the format asks.</summary>
    private static P ZeroAs(P value, bool negative) => value switch
    {
        0f => (P)(object)(negative ? -0f : 0f),
        0d => (P)(object)(negative ? -0d : 0d),
        _ => value,
    };
}
