using global::Parquet;
using global::Parquet.Data;
using global::Parquet.Schema;
using Encoding = global::Parquet.Meta.Encoding;

namespace DataflowRlhf.Parquet.Tests;

public sealed class WriterTests
{
    private readonly ParquetSchema twoColumns = new(new DataField<int>("id"), new DataField<string>("text"));

    [Fact]
    public async Task Row_groups_are_written_and_read_one_at_a_time()
    {
        using var stream = await Some.FileAsync(twoColumns, Some.Options(), [.. Enumerable.Range(0, 5).Select<int, Func<ParquetRowGroupWriter, Task>>(g => group => WriteAsync(group, g * 100, 100))]);
        await using var reader = await ParquetReader.CreateAsync(stream);
        reader.RowGroupCount.Should().Be(5);
        for (int g = 4; g >= 0; g--)
        {
            int[] ids = new int[100];
            await reader.OpenRowGroupReader(g).ReadAsync<int>(reader.Schema.DataFields[0], ids.AsMemory());
            ids.Should().Equal(Enumerable.Range(g * 100, 100));
        }
    }

    [Fact]
    public async Task A_large_column_is_cut_into_pages()
    {
        long?[] values = [.. Enumerable.Range(0, 600_000).Select(i => i % 1000 == 0 ? (long?)null : i)];
        var field = new DataField<long?>("x");
        (await Some.RoundTripAsync(field, values)).Should().Equal(values);
        using var stream = await Some.FileAsync(new ParquetSchema(field), Some.Options(CompressionMethod.None), g => g.WriteAsync<long>(field, values.AsMemory()));
        int pages = stream.ToArray().AsSpan().Count("\u0015\0"u8); // every page header begins with the type of a data page
        pages.Should().BeGreaterThan(4);
    }

    [Fact]
    public async Task Words_that_repeat_get_a_dictionary_and_others_do_not()
    {
        var schema = new ParquetSchema(new DataField<string>("few"), new DataField<string>("many"));
        using var stream = await Some.FileAsync(schema, Some.Options(), async g =>
        {
            await g.WriteAsync(schema.DataFields[0], [.. Enumerable.Range(0, 5000).Select(i => $"word {i % 300}")]);
            await g.WriteAsync(schema.DataFields[1], [.. Enumerable.Range(0, 5000).Select(i => $"word {i}")]);
        });
        await using var reader = await ParquetReader.CreateAsync(stream);
        var few = reader.RowGroups[0].GetMetadata(schema.DataFields[0])!.MetaData!;
        var many = reader.RowGroups[0].GetMetadata(schema.DataFields[1])!.MetaData!;
        few.Encodings.Should().Contain(Encoding.RLE_DICTIONARY);
        few.DictionaryPageOffset.Should().BeGreaterThan(0);
        many.Encodings.Should().NotContain(Encoding.RLE_DICTIONARY);
        many.DictionaryPageOffset.Should().BeNull();
    }

    [Fact]
    public async Task Statistics_give_the_range_and_the_nulls()
    {
        var schema = new ParquetSchema(new DataField<int?>("i"), new DataField<string>("s"), new DataField<double>("d"), new DataField<uint>("u"));
        using var stream = await Some.FileAsync(schema, Some.Options(), async g =>
        {
            await g.WriteAsync<int>(schema.DataFields[0], new int?[] { 3, null, -4 }.AsMemory());
            await g.WriteAsync(schema.DataFields[1], new[] { "b", "a", null });
            await g.WriteAsync<double>(schema.DataFields[2], new[] { 1, double.NaN, 2 }.AsMemory());
            await g.WriteAsync<uint>(schema.DataFields[3], new uint[] { 1, uint.MaxValue, 2 }.AsMemory());
        });
        await using var reader = await ParquetReader.CreateAsync(stream);
        Of(0).Should().Be((1L, (object)(-4), (object)3));
        Of(1).Should().Be((1L, (object)"a", (object)"b"));
        Of(2).Should().Be((0L, (object?)null, (object?)null));
        Of(3).Should().Be((0L, (object?)null, (object?)null));

        (long?, object?, object?) Of(int column) => reader.RowGroups[0].GetStatistics(schema.DataFields[column]) is { } s ? (s.NullCount, s.MinValue, s.MaxValue) : default;
    }

    [Fact]
    public async Task Notes_of_the_file_and_of_a_column_travel_with_it()
    {
        var schema = new ParquetSchema(new DataField<int>("id"));
        var stream = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(schema, stream))
        {
            writer.CustomMetadata = new Dictionary<string, string> { ["made by"] = "a t\u00e9st" };
            using var group = writer.CreateRowGroup();
            await group.WriteAsync<int>(schema.DataFields[0], new[] { 1 }.AsMemory(), customMetadata: new() { ["unit"] = "tokens" });
        }
        await using var reader = await ParquetReader.CreateAsync(stream);
        reader.CustomMetadata.Should().Equal(new Dictionary<string, string> { ["made by"] = "a t\u00e9st" });
        reader.RowGroups[0].GetCustomMetadata(schema.DataFields[0]).Should().Contain("unit", "tokens");
    }

    [Fact]
    public async Task Row_groups_can_be_added_later()
    {
        using var stream = await Some.FileAsync(twoColumns, Some.Options(), g => WriteAsync(g, 0, 10));
        stream.Position = 0;
        await using (var writer = await ParquetWriter.CreateAsync(twoColumns, stream, append: true))
        {
            using var group = writer.CreateRowGroup();
            await WriteAsync(group, 10, 5);
        }
        await using var reader = await ParquetReader.CreateAsync(stream);
        (await Content.ReadAsync(reader))["id"].Should().HaveCount(15);
        var other = new ParquetSchema(new DataField<long>("id"));
        await FluentActions.Awaiting(() => ParquetWriter.CreateAsync(other, stream, append: true)).Should().ThrowAsync<ParquetException>().WithMessage("*another schema*");
    }

    [Fact]
    public async Task Columns_are_taken_in_order_in_their_own_type_and_length_only()
    {
        await Refuses(g => g.WriteAsync(twoColumns.DataFields[1], new[] { "x" }), "*'id' is next, not 'text'*");
        await Refuses(g => g.WriteAsync<long>(twoColumns.DataFields[0], new[] { 1L }.AsMemory()), "*holds Int32, not Int64*");
        await Refuses(g => g.WriteAsync<int>(twoColumns.DataFields[0], new int?[] { null }.AsMemory()), "*takes no nulls*");
        await Refuses(async g =>
        {
            await g.WriteAsync<int>(twoColumns.DataFields[0], new[] { 1, 2 }.AsMemory());
            await g.WriteAsync(twoColumns.DataFields[1], new[] { "x" });
        }, "*has 1 rows, the columns before it have 2*");

        async Task Refuses(Func<ParquetRowGroupWriter, Task> write, string why) =>
            await FluentActions.Awaiting(() => Some.FileAsync(twoColumns, Some.Options(), write)).Should().ThrowAsync<ArgumentException>().WithMessage(why);
    }

    [Fact]
    public async Task A_row_group_without_all_its_columns_is_left_out()
    {
        var stream = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(twoColumns, stream))
        {
            using (var whole = writer.CreateRowGroup()) await WriteAsync(whole, 0, 3);
            using var half = writer.CreateRowGroup();
            await half.WriteAsync<int>(twoColumns.DataFields[0], new[] { 1 }.AsMemory());
            FluentActions.Invoking(half.CompleteValidate).Should().Throw<ParquetException>().WithMessage("*1 of 2*text*");
        }
        await using var reader = await ParquetReader.CreateAsync(stream);
        reader.RowGroups.Select(g => g.RowCount).Should().Equal(3);
    }

    [Fact]
    public async Task A_row_group_may_be_empty()
    {
        using var stream = await Some.FileAsync(twoColumns, Some.Options(), g => WriteAsync(g, 0, 0), g => WriteAsync(g, 0, 2));
        (await Content.ReadAsync(stream))["text"].Should().HaveCount(2);
    }

    [Fact]
    public async Task A_buffer_of_the_wrong_type_or_size_is_refused()
    {
        using var stream = await Some.FileAsync(new ParquetSchema(new DataField<int?>("x")), Some.Options(), g => g.WriteAsync<int>(new DataField<int?>("x"), new int?[] { 1, null }.AsMemory()));
        await using var reader = await ParquetReader.CreateAsync(stream);
        var field = reader.Schema.DataFields[0];
        await Refuses(async () => await reader.RowGroups[0].ReadAsync<int>(field, new int[2].AsMemory()), "*may have nulls*");
        await Refuses(async () => await reader.RowGroups[0].ReadAsync<int>(field, new int?[1].AsMemory()), "*has 2 values, but the buffer holds 1*");
        await Refuses(async () => await reader.RowGroups[0].ReadAsync<long>(field, new long?[2].AsMemory()), "*holds Int32, not Int64*");
        await Refuses(async () => await reader.RowGroups[0].ReadRawColumnDataBaseAsync(new DataField<int>("y")), "*no column 'y'*");

        static async Task Refuses(Func<Task> read, string why) => await FluentActions.Awaiting(read).Should().ThrowAsync<ArgumentException>().WithMessage(why);
    }

    private static async Task WriteAsync(ParquetRowGroupWriter group, int first, int count)
    {
        await group.WriteAsync<int>(new DataField<int>("id"), Enumerable.Range(first, count).ToArray().AsMemory());
        await group.WriteAsync(new DataField<string>("text"), [.. Enumerable.Range(first, count).Select(i => i % 4 == 0 ? null : $"row {i}")]);
    }
}
