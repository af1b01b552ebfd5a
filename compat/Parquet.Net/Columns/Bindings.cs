using System.Numerics;
using Parquet.Encodings;
using Parquet.File.Values.Primitives;
using Parquet.Meta;
using Parquet.Schema;
using ParquetType = Parquet.Meta.Type;

namespace Parquet.Columns;

/// <summary>Finds the binding of a column by how it is stored and what its values are.</summary>
internal static class Bindings
{
    /// <exception cref="ParquetException">The stored type does not hold such values.</exception>
    public static ColumnBinding For(DataField field)
    {
        var element = field.SchemaElement!;
        return element.Type switch
        {
            ParquetType.BOOLEAN when field.ClrType == typeof(bool) => new ColumnBinding<bool, bool>(new BooleanPhysical()),
            ParquetType.INT32 => OfInt32(field, element),
            ParquetType.INT64 => OfInt64(field, element),
            ParquetType.INT96 => OfInt96(field),
            ParquetType.FLOAT when field.ClrType == typeof(float) => new ColumnBinding<float, float>(new FixedPhysical<float>()),
            ParquetType.DOUBLE when field.ClrType == typeof(double) => new ColumnBinding<double, double>(new FixedPhysical<double>()),
            ParquetType.BYTE_ARRAY or ParquetType.FIXED_LEN_BYTE_ARRAY => OfBytes(field, element),
            _ => null,
        } ?? throw new ParquetException($"The column '{field.Path}' is stored as {element.Type}, which does not hold values of type {field.ClrType.Name}.");
    }

    private static ColumnBinding? OfInt32(DataField field, SchemaElement element)
    {
        var signed = new FixedPhysical<int>();
        var unsigned = new FixedPhysical<int>(ordered: false);
        return field.ClrType switch
        {
            var t when t == typeof(int) => new ColumnBinding<int, int>(signed),
            var t when t == typeof(sbyte) => new ColumnBinding<int, sbyte>(signed, v => unchecked((sbyte)v), v => v),
            var t when t == typeof(short) => new ColumnBinding<int, short>(signed, v => unchecked((short)v), v => v),
            var t when t == typeof(byte) => new ColumnBinding<int, byte>(unsigned, v => unchecked((byte)v), v => v),
            var t when t == typeof(ushort) => new ColumnBinding<int, ushort>(unsigned, v => unchecked((ushort)v), v => v),
            var t when t == typeof(uint) => new ColumnBinding<int, uint>(unsigned, v => unchecked((uint)v), v => unchecked((int)v)),
            var t when t == typeof(DateTime) => new ColumnBinding<int, DateTime>(signed, Moments.FromDays, Moments.ToDays),
            var t when t == typeof(DateOnly) => new ColumnBinding<int, DateOnly>(signed, v => DateOnly.FromDateTime(Moments.FromDays(v)), v => Moments.ToDays(v.ToDateTime(TimeOnly.MinValue))),
            var t when t == typeof(TimeSpan) => new ColumnBinding<int, TimeSpan>(signed, v => Moments.FromTime(v, TimeUnit.MILLIS), v => checked((int)Moments.ToTime(v, TimeUnit.MILLIS))),
            var t when t == typeof(decimal) => new ColumnBinding<int, decimal>(signed, Decimals.Reader<int>(field, v => v), Decimals.Writer(field, v => (int)v)),
            var t when t == typeof(BigDecimal) => new ColumnBinding<int, BigDecimal>(signed, Decimals.BigReader<int>(field, v => v), Decimals.BigWriter(field, v => (int)v)),
            _ => null,
        };
    }

    private static ColumnBinding? OfInt64(DataField field, SchemaElement element)
    {
        var signed = new FixedPhysical<long>();
        var unit = LogicalTypes.UnitOf(element);
        var kind = field is DateTimeDataField { IsAdjustedToUTC: false } ? DateTimeKind.Unspecified : DateTimeKind.Utc;
        return field.ClrType switch
        {
            var t when t == typeof(long) => new ColumnBinding<long, long>(signed),
            var t when t == typeof(ulong) => new ColumnBinding<long, ulong>(new FixedPhysical<long>(ordered: false), v => unchecked((ulong)v), v => unchecked((long)v)),
            var t when t == typeof(DateTime) => new ColumnBinding<long, DateTime>(signed, v => Moments.FromTimestamp(v, unit, kind), v => Moments.ToTimestamp(v, unit, kind)),
            var t when t == typeof(TimeSpan) => new ColumnBinding<long, TimeSpan>(signed, v => Moments.FromTime(v, unit), v => Moments.ToTime(v, unit)),
            var t when t == typeof(TimeOnly) => new ColumnBinding<long, TimeOnly>(signed, v => Moments.FromTimeOfDay(v, unit), v => Moments.ToTime(v.ToTimeSpan(), unit)),
            var t when t == typeof(decimal) => new ColumnBinding<long, decimal>(signed, Decimals.Reader<long>(field, v => v), Decimals.Writer(field, v => (long)v)),
            var t when t == typeof(BigDecimal) => new ColumnBinding<long, BigDecimal>(signed, Decimals.BigReader<long>(field, v => v), Decimals.BigWriter(field, v => (long)v)),
            _ => null,
        };
    }

    private static ColumnBinding? OfInt96(DataField field)
    {
        var stored = new FixedPhysical<Int96>(ordered: false);
        if (field.ClrType == typeof(DateTime)) return new ColumnBinding<Int96, DateTime>(stored, Moments.FromInt96, Moments.ToInt96);
        return field.ClrType == typeof(BigInteger) ? new ColumnBinding<Int96, BigInteger>(stored, Bytes.ToBigInteger, Bytes.ToInt96) : null;
    }

    private static ColumnBinding? OfBytes(DataField field, SchemaElement element)
    {
        int length = element.Type == ParquetType.FIXED_LEN_BYTE_ARRAY ? element.TypeLength!.Value : 0;
        var ordered = new BytesPhysical(length, ordered: true);
        var unordered = new BytesPhysical(length, ordered: false);
        return field.ClrType switch
        {
            var t when t == typeof(ReadOnlyMemory<byte>) => new ColumnBinding<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(ordered),
            var t when t == typeof(ReadOnlyMemory<char>) => new ColumnBinding<ReadOnlyMemory<byte>, ReadOnlyMemory<char>>(ordered, Bytes.ToText, new TextArena().Add),
            var t when t == typeof(Guid) && length == 16 => new ColumnBinding<ReadOnlyMemory<byte>, Guid>(ordered, v => new Guid(v.Span, bigEndian: true), v => v.ToByteArray(bigEndian: true)),
            var t when t == typeof(Half) && length == 2 => new ColumnBinding<ReadOnlyMemory<byte>, Half>(unordered, Bytes.ToHalf, Bytes.OfHalf),
            var t when t == typeof(Interval) && length == 12 => new ColumnBinding<ReadOnlyMemory<byte>, Interval>(unordered, Bytes.ToInterval, Bytes.OfInterval),
            var t when t == typeof(decimal) => new ColumnBinding<ReadOnlyMemory<byte>, decimal>(unordered, Decimals.Reader<ReadOnlyMemory<byte>>(field, Bytes.ToUnscaled), Decimals.Writer(field, v => Bytes.OfUnscaled(v, length))),
            var t when t == typeof(BigDecimal) => new ColumnBinding<ReadOnlyMemory<byte>, BigDecimal>(unordered, Decimals.BigReader<ReadOnlyMemory<byte>>(field, Bytes.ToUnscaled), Decimals.BigWriter(field, v => Bytes.OfUnscaled(v, length))),
            _ => null,
        };
    }
}
