namespace DataflowRlhf.Graph.Tests.Data;

public sealed class DatasetTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dataset-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static Batch Everything(int rows) => Batch.Of(0, rows)
        .With(new Column<bool>("flag"), Cells(rows, i => i % 3 == 0))
        .With(new Column<int>("small"), Cells(rows, i => -i))
        .With(new Column<long>("large"), Cells(rows, i => i * 10_000_000_000))
        .With(new Column<float>("score"), Cells(rows, i => i == 1 ? float.NaN : i * 0.1f))
        .With(new Column<double>("exact"), Cells(rows, i => i == 2 ? double.NegativeInfinity : i / 3.0))
        .With(new Column<string>("text"), Cells(rows, i => i == 1 ? null! : i == 2 ? "" : $"número {i} \u0000 🙂"))
        .With(new Column<byte[]>("bytes"), Cells(rows, i => i == 1 ? [] : new byte[] { (byte)i, 255 }))
        .With(new Column<int[]>("ids"), Cells(rows, i => i == 1 ? [] : Enumerable.Range(0, i).ToArray()))
        .With(new Column<float[]>("scores"), Cells(rows, i => i == 0 ? null! : new[] { i * 1f, float.NaN }))
        .With(new Column<string[]>("words"), Cells(rows, i => i == 2 ? [] : new[] { "", $"w{i}" }));

    private static T[] Cells<T>(int rows, Func<int, T> cell) => [.. Enumerable.Range(0, rows).Select(cell)];

    private async Task<List<Batch>> ReadAsync()
    {
        var batches = new List<Batch>();
        await foreach (var batch in DatasetReader.Read(folder, CancellationToken.None))
            batches.Add(batch);
        return batches;
    }

    private async Task WriteAsync(IEnumerable<Batch> batches, IReadOnlyList<Column>? declared = null, long partBytes = 1 << 20)
    {
        await using var writer = new DatasetWriter(folder, partBytes);
        foreach (var batch in batches)
            await writer.WriteAsync(batch, CancellationToken.None);
        await writer.CompleteAsync(declared ?? []);
    }

    [Fact]
    public async Task Every_type_comes_back_as_it_went()
    {
        await WriteAsync([Everything(5), Everything(1), Everything(300)]);
        var read = await ReadAsync();
        read.Select(b => (b.Number, b.Rows)).Should().Equal((0, 5), (1, 1), (2, 300));
        foreach (var (batch, rows) in read.Zip([5, 1, 300]))
        {
            var sent = Everything(rows);
            batch.Columns.Should().Equal(sent.Columns);
            foreach (var column in sent.Columns)
                batch.Values(column).Should().BeEquivalentTo(sent.Values(column), o => o.WithStrictOrdering());
        }
    }

    [Fact]
    public async Task Many_rows_make_several_parts_in_one_order()
    {
        await WriteAsync(Enumerable.Range(0, 10).Select(i => Batch.Of(0, 100).With(new Column<int>("n"), Cells(100, r => i * 100 + r))), partBytes: 1000);
        Directory.EnumerateFiles(folder).Should().HaveCountGreaterThan(2);
        (await ReadAsync()).SelectMany(b => b.Get(new Column<int>("n"))).Should().Equal(Enumerable.Range(0, 1000));
    }

    [Fact]
    public async Task No_rows_still_have_columns()
    {
        await WriteAsync([], [new Column<int[]>("ids")]);
        (await ReadAsync()).Should().BeEmpty();
        Directory.EnumerateFiles(folder).Should().ContainSingle();
    }

    [Fact]
    public async Task Other_columns_are_refused()
    {
        var write = () => WriteAsync([Everything(2), Everything(2).Without("ids")]);
        await write.Should().ThrowAsync<StageException>().WithMessage("Batch 0 has other columns than the first*");
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.99)]
    public async Task A_damaged_part_is_one_clear_error(double kept)
    {
        await WriteAsync([Everything(50)]);
        var part = Directory.EnumerateFiles(folder).Single();
        var bytes = await File.ReadAllBytesAsync(part);
        await File.WriteAllBytesAsync(part, bytes[..(int)(bytes.Length * kept)]);
        await FluentActions.Awaiting(ReadAsync).Should().ThrowAsync<StageException>().WithMessage("*part-00000.parquet in the store is damaged*");
    }
}
