using System.Numerics;
using global::Parquet;
using global::Parquet.File.Values.Primitives;
using global::Parquet.Schema;

namespace DataflowRlhf.Parquet.Tests;

public sealed class WriterTypesTests
{
    public static TheoryData<CompressionMethod, EncodingHint> Ways
    {
        get
        {
            var data = new TheoryData<CompressionMethod, EncodingHint>();
            foreach (var method in Enum.GetValues<CompressionMethod>().Where(m => m != CompressionMethod.Lzo))
                foreach (var hint in Enum.GetValues<EncodingHint>()) data.Add(method, hint);
            return data;
        }
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task Numbers_come_back_as_they_went(CompressionMethod method, EncodingHint hint)
    {
        var options = Some.Options(method, ("x", hint));
        await Same<int>([.. Enumerable.Range(0, 3000).Select(i => i % 7 == 0 ? (int?)null : i % 50 * -3), int.MinValue, int.MaxValue], options);
        await Same<long>([.. Enumerable.Range(0, 3000).Select(i => (long?)((long)i * i * i << 20)), long.MinValue, long.MaxValue, null], options);
        await Same<float>([.. Enumerable.Range(0, 1000).Select(i => (float?)(i / 3f)), float.NaN, float.NegativeInfinity, -0f, null], options);
        await Same<double>([.. Enumerable.Range(0, 1000).Select(i => (double?)(i % 10 / 7d)), double.NaN, double.Epsilon], options);
        await Same<bool>([.. Enumerable.Range(0, 1003).Select(i => i % 5 == 0 ? (bool?)null : i % 3 == 0)], options);
    }

    [Fact]
    public async Task Small_and_unsigned_numbers_keep_their_range()
    {
        await Same<sbyte>([sbyte.MinValue, null, sbyte.MaxValue]);
        await Same<byte>([0, null, byte.MaxValue]);
        await Same<short>([short.MinValue, null, short.MaxValue]);
        await Same<ushort>([0, null, ushort.MaxValue]);
        await Same<uint>([0, null, uint.MaxValue]);
        await Same<ulong>([0, null, ulong.MaxValue]);
        await Same<Half>([Half.MinValue, null, (Half)0.5]);
        await Same<Guid>([Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), null]);
    }

    [Fact]
    public async Task Moments_keep_what_their_unit_holds()
    {
        var noon = new DateTime(2024, 2, 29, 12, 34, 56, 789, 123, DateTimeKind.Utc).AddTicks(4);
        var milliseconds = new DateTime(2024, 2, 29, 12, 34, 56, 789, DateTimeKind.Utc);
        var early = new DateTime(1901, 1, 1, 1, 1, 1, 1, DateTimeKind.Utc);
        await Same<DateTime>(new DateTimeDataField("x", DateTimeFormat.Impala, isNullable: true), [noon, null, early]);
        await Same<DateTime>(new DateTimeDataField("x", DateTimeFormat.DateAndTime, isNullable: true), [milliseconds, null, early]);
        await Same<DateTime>(new DateTimeDataField("x", DateTimeFormat.DateAndTimeMicros, isNullable: true), [noon.AddTicks(-4), null, early]);
        await Same<DateTime>(new DateTimeDataField("x", DateTimeFormat.Timestamp, unit: DateTimeTimeUnit.Nanos, isNullable: true), [noon, null, early]);
        await Same<DateTime>(new DateTimeDataField("x", DateTimeFormat.Date, isNullable: true), [noon.Date, null, early.Date, DateTime.MinValue, DateTime.MaxValue.Date]);
        await Same<TimeSpan>(new TimeDataField("x", TimeUnitPrecision.Millis, isNullable: true), [TimeSpan.FromMilliseconds(86_399_999), null]);
        await Same<TimeSpan>(new TimeDataField("x", TimeUnitPrecision.Micros, isNullable: true), [TimeSpan.FromMicroseconds(7), null]);
    }

    [Theory, InlineData(5, 2), InlineData(15, 4), InlineData(28, 10)]
    public async Task Decimals_keep_every_digit(int precision, int scale)
    {
        var field = new DecimalDataField("x", precision, scale, isNullable: true);
        using var stream = await Some.FileAsync(new ParquetSchema(field), Some.Options(), g => g.WriteAsync<decimal>(field, new decimal?[] { 123.45m, null, -0.01m, 0 }.AsMemory()));
        await using var reader = await ParquetReader.CreateAsync(stream);
        var read = new decimal?[4];
        await reader.OpenRowGroupReader(0).ReadAsync(reader.Schema.DataFields[0], read.AsMemory());
        read.Should().Equal(123.45m, null, -0.01m, 0m);
    }

    [Fact]
    public async Task Big_decimals_keep_all_38_digits()
    {
        var largest = new BigDecimal(BigInteger.Pow(10, 38) - 1, 10);
        await Same<BigDecimal>(new BigDecimalDataField("x", 38, 10, isNullable: true), [largest, null, new BigDecimal(-largest.UnscaledValue, 10)]);
        largest.ToString().Should().Be("9999999999999999999999999999.9999999999");
    }

    [Fact]
    public async Task A_decimal_that_does_not_fit_is_refused()
    {
        var field = new DecimalDataField("x", 5, 2);
        var write = (decimal value) => Some.FileAsync(new ParquetSchema(field), Some.Options(), g => g.WriteAsync<decimal>(field, new[] { value }.AsMemory()));
        await FluentActions.Awaiting(() => write(1000.00m)).Should().ThrowAsync<ArgumentException>().WithMessage("*precision*");
        await FluentActions.Awaiting(() => write(0.001m)).Should().ThrowAsync<ArgumentException>().WithMessage("*round*");
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task Text_and_bytes_come_back_as_they_went(CompressionMethod method, EncodingHint hint)
    {
        string?[] text = [.. Enumerable.Range(0, 500).Select(i => i % 9 == 0 ? null : $"answer {i % 20} \u4f60\u597d \ud83d\ude00"), "", new string('x', 70_000)];
        byte[]?[] bytes = [.. text.Select(t => t == null ? null : System.Text.Encoding.UTF8.GetBytes(t))];
        var schema = new ParquetSchema(new DataField<string>("s"), new DataField<byte[]>("b"));
        using var stream = await Some.FileAsync(schema, Some.Options(method, ("s", hint), ("b", hint)), async group =>
        {
            await group.WriteAsync(schema.DataFields[0], text);
            await group.WriteAsync(schema.DataFields[1], bytes);
        });

        await using var reader = await ParquetReader.CreateAsync(stream);
        var readText = new string?[text.Length];
        var readBytes = new byte[]?[text.Length];
        await reader.RowGroups[0].ReadAsync(reader.Schema.DataFields[0], readText.AsMemory());
        await reader.RowGroups[0].ReadAsync(reader.Schema.DataFields[1], readBytes.AsMemory());
        readText.Should().Equal(text);
        readBytes.Should().BeEquivalentTo(bytes, o => o.WithStrictOrdering());
        reader.Schema.DataFields.Select(f => f.ClrType).Should().Equal(typeof(ReadOnlyMemory<char>), typeof(ReadOnlyMemory<byte>));
    }

    [Fact]
    public async Task Lzo_is_refused() =>
        await FluentActions.Awaiting(() => Same<int>([1], Some.Options(CompressionMethod.Lzo))).Should().ThrowAsync<NotSupportedException>().WithMessage("*Zstd*");

    private static Task Same<T>(T?[] values, ParquetOptions? options = null) where T : struct => Same(new DataField<T?>("x"), values, options);

    private static async Task Same<T>(DataField field, T?[] values, ParquetOptions? options = null) where T : struct =>
        (await Some.RoundTripAsync(field, values, options)).Should().Equal(values);
}
