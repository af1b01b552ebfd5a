using DataflowRlhf.Graph.Tests.Run;

namespace DataflowRlhf.Graph.Tests.Store;

public sealed class ArtifactStoreTests : IDisposable
{
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    private ArtifactStore Open() => ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);

    [Fact]
    public async Task An_index_that_is_lost_is_made_anew()
    {
        var made = (await graph.RunAsync("  numbers: { uses: emit }")).Done()["numbers"];
        foreach (var file in Directory.EnumerateFiles(graph.StoreFolder, "index.sqlite*"))
            File.Delete(file);
        using var store = Open();
        store.LatestKey("probe", "numbers").Should().Be(made.Key);
        store.List().Single().Should().BeEquivalentTo(made);
    }

    [Fact]
    public async Task A_folder_without_a_record_is_no_artifact()
    {
        var made = (await graph.RunAsync("  numbers: { uses: emit }")).Done()["numbers"];
        File.WriteAllText(Path.Combine(made.Folder, "..", "record.json"), "{ \"format\": 1, ");
        using (var store = Open())
            store.Find(made.Key).Should().BeNull();
        (await graph.RunAsync("  numbers: { uses: emit }")).Done().Log.Ran.Should().Equal("numbers");
    }

    [Fact]
    public void What_a_dead_run_left_is_cleared_away_and_a_living_ones_stays()
    {
        using var store = Open();
        using var living = store.NewWorkspace();
        var dead = Directory.CreateDirectory(Path.Combine(graph.StoreFolder, "tmp", "dead", "files")).FullName;
        File.WriteAllText(Path.Combine(dead, "half.parquet"), "half");
        using (Open())
            graph.Temporary.Should().Equal(living.Folder);
    }

    [Fact]
    public void A_file_that_is_no_index_is_named()
    {
        File.WriteAllText(Path.Combine(graph.StoreFolder, "index.sqlite"), new string('x', 4096));
        FluentActions.Invoking(Open).Should().Throw<StageException>().WithMessage("*index.sqlite is not an index of artifacts*Delete it*");
    }

    [Fact]
    public async Task Equal_seeds_give_equal_bytes()
    {
        var first = (await graph.RunAsync("  numbers: { uses: emit }\n  doubled: { uses: double, from: numbers }")).Done();
        using var other = new TestGraph();
        var second = (await other.RunAsync("  numbers: { uses: emit }\n  doubled: { uses: double, from: numbers }")).Done();
        (second["doubled"].Key, second["doubled"].Digest).Should().Be((first["doubled"].Key, first["doubled"].Digest));
    }
}
