using global::Parquet;
using global::Parquet.Data;
using global::Parquet.Schema;

namespace DataflowRlhf.Parquet.Tests;

public sealed class NestedTests
{
    [Fact]
    public async Task A_list_of_ids_is_written_with_levels_and_read_raw()
    {
        var ids = new ListField("ids", new DataField<int>("element"));
        var schema = new ParquetSchema(ids);
        var leaf = schema.DataFields[0];
        (leaf.Path.ToString(), leaf.MaxRepetitionLevel, leaf.MaxDefinitionLevel).Should().Be(("ids.list.element", 1, 2));

        // [5 6 7], [], [8]
        using var stream = await Some.FileAsync(schema, Some.Options(), g => g.WriteAsync<int>(leaf, new int?[] { 5, 6, 7, null, 8 }.AsMemory(), new[] { 0, 1, 1, 0, 0 }.AsMemory()));

        await using var reader = await ParquetReader.CreateAsync(stream);
        reader.Schema.Should().Be(schema);
        var group = reader.OpenRowGroupReader(0);
        group.RowCount.Should().Be(3);
        using var raw = (RawColumnData<int>)await group.ReadRawColumnDataBaseAsync(reader.Schema.DataFields[0]);
        raw.Values.ToArray().Should().Equal(5, 6, 7, 8);
        raw.RepetitionLevels.ToArray().Should().Equal(0, 1, 1, 0, 0);
        raw.DefinitionLevels.ToArray().Should().Equal(2, 2, 2, 1, 2);
        raw.NullableValues.Should().Equal(5, 6, 7, null, 8);
    }

    [Fact]
    public async Task All_parts_tell_a_null_list_from_an_empty_one()
    {
        var schema = new ParquetSchema(new ListField("scores", new DataField<float>("element")));
        var leaf = schema.DataFields[0];
        // null, [], [0.5 1.5]
        using var stream = await Some.FileAsync(schema, Some.Options(), g => g.WriteAllPartsAsync<float>(leaf, new[] { 0.5f, 1.5f }.AsMemory(), new[] { 0, 1, 2, 2 }.AsMemory(), new[] { 0, 0, 0, 1 }.AsMemory(), default));
        await using var reader = await ParquetReader.CreateAsync(stream);
        float[] values = new float[2];
        int[] definitions = new int[4], repetitions = new int[4];
        await reader.RowGroups[0].ReadRawAsync<float>(leaf, values, definitions.AsMemory(), repetitions.AsMemory());
        (values, definitions, repetitions).Should().BeEquivalentTo((new[] { 0.5f, 1.5f }, new[] { 0, 1, 2, 2 }, new[] { 0, 0, 0, 1 }));
    }

    [Fact]
    public async Task A_list_of_texts_is_read_as_strings_with_levels()
    {
        var schema = new ParquetSchema(new ListField("words", new DataField<string>("element")));
        using var stream = await Some.FileAsync(schema, Some.Options(), g => g.WriteAsync(schema.DataFields[0], new[] { "a", null, "b" }, new[] { 0, 1, 0 }.AsMemory()));
        await using var reader = await ParquetReader.CreateAsync(stream);
        string?[] words = new string?[3];
        int[] levels = new int[3];
        await reader.RowGroups[0].ReadAsync(schema.DataFields[0], words.AsMemory(), levels.AsMemory());
        words.Should().Equal("a", null, "b");
        levels.Should().Equal(0, 1, 0);
        using var raw = (RawColumnData<ReadOnlyMemory<char>>)await reader.RowGroups[0].ReadRawColumnDataBaseAsync(schema.DataFields[0]);
        raw.Values[1].ToString().Should().Be("b");
        raw.DefinitionLevels.ToArray().Should().Equal(3, 2, 3);
    }

    [Fact]
    public async Task A_conversation_is_written_and_read_leaf_by_leaf()
    {
        var schema = new ParquetSchema(
            new ListField("messages", new StructField("element", new DataField<string>("role"), new DataField<string>("content"))),
            new MapField("scores", new DataField<string>("key"), new DataField<double?>("value")));
        int[] levels = [0, 1, 0];
        using var stream = await Some.FileAsync(schema, Some.Options(), async g =>
        {
            await g.WriteAsync(schema.FindDataField("messages.list.element.role"), new[] { "user", "assistant", "user" }, levels.AsMemory());
            await g.WriteAsync(schema.FindDataField("messages.list.element.content"), new[] { "hello", null, "bye" }, levels.AsMemory());
            await g.WriteAsync(schema.FindDataField("scores.key_value.key"), new[] { "help", "harm", null }, levels.AsMemory());
            await g.WriteAllPartsAsync<double>(schema.FindDataField("scores.key_value.value"), new[] { 1d }.AsMemory(), new[] { 3, 2, 1 }.AsMemory(), levels.AsMemory(), default);
        });
        await using var reader = await ParquetReader.CreateAsync(stream);
        reader.Schema.Should().Be(schema);
        string?[] read = new string?[3];
        await reader.RowGroups[0].ReadAsync(schema.FindDataField("messages.list.element.content"), read.AsMemory());
        read.Should().Equal("hello", null, "bye");
        (await Content.ReadAsync(reader))["scores.key_value.value"].Should().Equal("1 r0 d3", "null r1 d2", "null r0 d1");
    }

    [Fact]
    public async Task A_list_needs_levels_of_both_kinds()
    {
        var schema = new ParquetSchema(new ListField("ids", new DataField<int>("element")));
        var leaf = schema.DataFields[0];
        await Refuses<ParquetException>(g => g.WriteAsync<int>(leaf, new[] { 1 }.AsMemory(), new[] { 0 }.AsMemory()), "*not ready yet*");
        await Refuses<ArgumentException>(g => g.WriteAsync<int>(leaf, new int?[] { 1 }.AsMemory()), "*repetition levels*");
        await Refuses<ArgumentException>(g => g.WriteAsync<int>(leaf, new int?[] { 1 }.AsMemory(), new[] { 1 }.AsMemory()), "*first level is 0*");
        await Refuses<ArgumentException>(g => g.WriteAllPartsAsync<int>(leaf, new[] { 1 }.AsMemory(), new[] { 3 }.AsMemory(), new[] { 0 }.AsMemory(), default), "*from 0 to 2*");

        async Task Refuses<E>(Func<ParquetRowGroupWriter, Task> write, string why) where E : Exception =>
            await FluentActions.Awaiting(() => Some.FileAsync(schema, Some.Options(), write)).Should().ThrowAsync<E>().WithMessage(why);
    }
}
