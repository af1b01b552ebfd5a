using Parquet.Encodings;
using Parquet.Schema;

namespace Parquet.Columns;

/// <summary>Joins a way of storing to a type; without functions the two are the same.</summary>
internal sealed class ColumnBinding<P, T>(Physical<P> physical, Converter<P, T>? read = null, Converter<T, P>? write = null) : ColumnBinding<T> where P : notnull where T : struct
{
    public override DecodedColumn<T> Decode(Chunk chunk) => new ChunkDecoder<P, T>(chunk, physical, ToValues).Decode();

    public override EncodedChunk Encode(DataField field, ColumnParts<T> parts, ParquetOptions options, EncodingHint hint, Dictionary<string, string>? customMetadata)
    {
        var values = write == null ? (ReadOnlyMemory<P>)(object)parts.Values : Converted(parts.Values.Span, write);
        using var encoder = new ChunkEncoder<P>(field, physical, options, hint);
        return encoder.Encode(new ColumnParts<P>(values, parts.Definitions, parts.Repetitions), customMetadata);
    }

    public override object FromStatistic(byte[] bytes) => ToValues([physical.FromStatistic(bytes)])[0];

    private T[] ToValues(P[] stored) => read == null ? (T[])(object)stored : Array.ConvertAll(stored, read);

    private static P[] Converted(ReadOnlySpan<T> values, Converter<T, P> write)
    {
        var stored = new P[values.Length];
        for (int i = 0; i < stored.Length; i++) stored[i] = write(values[i]);
        return stored;
    }
}
