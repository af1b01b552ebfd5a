using System.Text.Json;
using global::Parquet;

namespace DataflowRlhf.Parquet.Tests;

[Parity("parquet")]
public sealed class GoodFilesTests
{
    public static TheoryData<string> Files => [.. Fixtures.Files("*.parquet", "parquet", "good")];

    [Theory, MemberData(nameof(Files))]
    public async Task Every_column_holds_what_its_writer_put_there(string file)
    {
        using var expected = Expected(file);
        await using var reader = await ParquetReader.CreateAsync(Good(file), Content.Exact);
        var content = await Content.ReadAsync(reader);

        reader.RowGroups.Sum(g => g.RowCount).Should().Be(expected.RootElement.GetProperty("rows").GetInt64());
        using var source = Expected(expected.RootElement.TryGetProperty("columns_as_in", out var other) ? other.GetString()! : file);
        foreach (var field in reader.Schema.DataFields)
            content[field.Path.ToString()].Should().Equal(Shredder.Leaf(reader.Schema, field, source.RootElement.GetProperty("columns")), "column {0} of {1}", field.Path, file);
    }

    [Fact]
    public async Task The_files_own_notes_are_read()
    {
        await using var reader = await ParquetReader.CreateAsync(Path.Combine(Fixtures.Own, "parquet", "good", "key_value_metadata.parquet"));
        reader.CustomMetadata.Should().Contain("note", "h\u00e9llo").And.Contain("empty", "").And.Contain("json", "{\"a\":1}");
    }

    private static string Good(string name) => Fixtures.Path("parquet", "good", name);

    private static JsonDocument Expected(string file) => JsonDocument.Parse(File.ReadAllBytes(Good(Path.ChangeExtension(file, ".json"))));
}
