using System.Globalization;
using System.Numerics;
using global::Parquet.Data;
using global::Parquet.File.Values.Primitives;
using global::Parquet.Schema;

namespace DataflowRlhf.Parquet.Tests;

/// <summary>A column in words: each item with its levels, so that two of them compare as text.</summary>
internal static class Leaf
{
    public static List<string> Of(DataField field, RawColumnData raw) => raw switch
    {
        RawColumnData<bool> r => Items(field, r),
        RawColumnData<sbyte> r => Items(field, r),
        RawColumnData<byte> r => Items(field, r),
        RawColumnData<short> r => Items(field, r),
        RawColumnData<ushort> r => Items(field, r),
        RawColumnData<int> r => Items(field, r),
        RawColumnData<uint> r => Items(field, r),
        RawColumnData<long> r => Items(field, r),
        RawColumnData<ulong> r => Items(field, r),
        RawColumnData<float> r => Items(field, r),
        RawColumnData<double> r => Items(field, r),
        RawColumnData<Half> r => Items(field, r),
        RawColumnData<Guid> r => Items(field, r),
        RawColumnData<DateTime> r => Items(field, r),
        RawColumnData<TimeSpan> r => Items(field, r),
        RawColumnData<BigDecimal> r => Items(field, r),
        RawColumnData<decimal> r => Items(field, r),
        RawColumnData<ReadOnlyMemory<char>> r => Items(field, r),
        RawColumnData<ReadOnlyMemory<byte>> r => Items(field, r),
        _ => throw new ArgumentException($"No words for {raw.GetType()}."),
    };

    public static string Item(string? value, int repetition, int definition) => $"{value ?? "null"} r{repetition} d{definition}";

    public static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static List<string> Items<T>(DataField field, RawColumnData<T> raw) where T : struct
    {
        int[] definitions = field.MaxDefinitionLevel == 0 ? [] : raw.DefinitionLevels.ToArray(), repetitions = field.MaxRepetitionLevel == 0 ? [] : raw.RepetitionLevels.ToArray();
        return [.. raw.NullableValues.Select((value, i) => Item(
            value is { } v ? Word(field, v) : null,
            repetitions.Length == 0 ? 0 : repetitions[i],
            definitions.Length == 0 ? field.MaxDefinitionLevel : definitions[i]))];
    }

    private static string Word(DataField field, object value) => value switch
    {
        bool b => b ? "true" : "false",
        float f => Number(f),
        double d => Number(d),
        Half h => Number((double)h),
        ReadOnlyMemory<char> text => new string(text.Span),
        ReadOnlyMemory<byte> bytes => System.Convert.ToBase64String(bytes.Span),
        DateTime moment => Moment((DateTimeDataField)field, moment),
        TimeSpan time => Scaled(time.Ticks, ((TimeDataField)field).Precision == TimeUnitPrecision.Millis ? 10_000 : 10),
        _ => System.Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Moment(DateTimeDataField field, DateTime moment)
    {
        long ticks = moment.Ticks - DateTime.UnixEpoch.Ticks;
        return (field.DateTimeFormat, field.Unit) switch
        {
            (DateTimeFormat.Date, _) => Scaled(ticks, TimeSpan.TicksPerDay),
            (DateTimeFormat.Impala, _) or (_, DateTimeTimeUnit.Nanos) => ((BigInteger)ticks * 100).ToString(CultureInfo.InvariantCulture),
            (_, DateTimeTimeUnit.Millis) => Scaled(ticks, 10_000),
            _ => Scaled(ticks, 10),
        };
    }

    private static string Scaled(long ticks, long by) => (ticks / by).ToString(CultureInfo.InvariantCulture);
}
