using DataflowRlhf.Graph.Tests.Run;

namespace DataflowRlhf.Graph.Tests.Store;

public sealed class StoreCheckTests : IDisposable
{
    private const string Chain = "  numbers: { uses: emit }\n  doubled: { uses: double, from: numbers }\n  model: { uses: learn, from: doubled }\n  told: { uses: tell, from: [numbers, model] }";
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    private StoreCheck Check() => StoreCheck.Of(graph.StoreFolder, null, CancellationToken.None);

    private async Task<string> FolderAsync(string stage) => Path.GetDirectoryName((await graph.RunAsync(Chain)).Done()[stage].Folder)!;

    [Fact]
    public async Task A_whole_store_is_as_recorded_and_stays_untouched()
    {
        await FolderAsync("model");
        var before = Snapshot();
        var progress = new List<(long Done, long Total)>();
        var check = StoreCheck.Of(graph.StoreFolder, (done, total) => progress.Add((done, total)), CancellationToken.None);
        check.Faults.Should().BeEmpty();
        check.Artifacts.Should().Be(4);
        check.Files.Should().BeGreaterThanOrEqualTo(4);
        progress[^1].Should().Be((check.Bytes, check.Bytes));
        Snapshot().Should().Equal(before);
    }

    [Fact]
    public async Task A_bit_that_flipped_is_named_by_its_file()
    {
        var folder = await FolderAsync("model");
        var file = Path.Combine(folder, "files", "config.json");
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[3] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        Check().Faults.Should().Equal(new StoreFault(folder, "probe: model", "files/config.json holds other bytes than were recorded"));
    }

    [Fact]
    public async Task Files_that_are_missing_or_too_many_are_named()
    {
        var folder = await FolderAsync("model");
        File.Move(Path.Combine(folder, "files", "config.json"), Path.Combine(folder, "files", "config.json.bak"));
        Check().Faults.Select(f => f.What).Should().Equal("files/config.json is missing", "files/config.json.bak is one too many");
        Directory.Delete(Path.Combine(folder, "files"), recursive: true);
        Check().Faults.Select(f => f.What).Should().Equal("its files are gone");
    }

    [Theory]
    [InlineData("record.json", "record.json is missing or cannot be read")]
    [InlineData("preimage.json", "preimage.json holds other bytes than were recorded", "preimage.json does not give its key")]
    public async Task A_record_that_is_torn_is_told(string file, params string[] faults)
    {
        var folder = await FolderAsync("doubled");
        var path = Path.Combine(folder, file);
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path))[..40]);
        Check().Faults.Select(f => (f.Folder, f.What)).Should().Equal(faults.Select(f => (folder, f)));
    }

    [Fact]
    public async Task Curves_and_rows_put_aside_are_held_against_the_record_too()
    {
        var folder = await FolderAsync("doubled");
        await File.AppendAllTextAsync(Path.Combine(folder, "metrics.jsonl"), "{\"name\":\"loss\",\"step\":1,\"value\":0}\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "quarantine.jsonl"), "{}\n");
        Check().Faults.Select(f => f.What).Should().BeEquivalentTo(["metrics.jsonl is one too many", "quarantine.jsonl is one too many", "its summary or metrics.jsonl is not as it was recorded", "quarantine.jsonl has 1 rows, and 0 were recorded"]);
    }

    [Fact]
    public async Task Any_bit_of_any_file_that_flips_is_found()
    {
        await FolderAsync("model");
        var put = (await graph.RunAsync($"  numbers: {{ uses: emit }}\n  odd: {{ uses: pass, from: numbers, with: {{ body: {Probe.Body(PutAside)} }} }}")).Done()["odd"];
        using (var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System))
            store.Names.Add("good", store.Find(put.Key)!);
        var files = Directory.EnumerateFiles(Path.Combine(graph.StoreFolder, "artifacts"), "*", SearchOption.AllDirectories).Append(Path.Combine(graph.StoreFolder, "names", "good")).ToList();
        files.Select(Path.GetFileName).Should().Contain(["record.json", "preimage.json", "metrics.jsonl", "quarantine.jsonl", "part-00000.parquet", "config.json", "report.txt", "good"]);
        foreach (var file in files)
        {
            var bytes = await File.ReadAllBytesAsync(file);
            foreach (var place in (int[])[0, bytes.Length / 2, bytes.Length - 2])
            {
                bytes[place] ^= 1;
                await File.WriteAllBytesAsync(file, bytes);
                Check().Faults.Should().NotBeEmpty("{0} is damaged at {1}", file, place);
                bytes[place] ^= 1;
            }
            await File.WriteAllBytesAsync(file, bytes);
        }
        Check().Faults.Should().BeEmpty();
    }

    private static async Task PutAside(IStageRun run)
    {
        await foreach (var batch in run.Read("rows"))
        {
            run.Quarantine(batch, 0, "odd");
            run.Metric("loss", 1, 0.5);
            await run.EmitAsync(batch);
        }
    }

    [Fact]
    public async Task A_name_that_means_nothing_is_told()
    {
        var folder = await FolderAsync("model");
        using (var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System))
            store.Names.Add("good", store.Names.Find("model"));
        Check().Faults.Should().BeEmpty();
        Directory.Delete(folder, recursive: true);
        Check().Faults.Single().What.Should().Be($"the name 'good' means an artifact that is not there ({Path.GetFileName(folder)})");
    }

    [Fact]
    public async Task An_older_record_tells_only_that_something_differs()
    {
        var folder = await FolderAsync("model");
        var record = StoredRecord.Read(folder)!;
        (record with { Files = null }).Write(folder);
        Check().Faults.Should().BeEmpty();
        await File.AppendAllTextAsync(Path.Combine(folder, "files", "config.json"), " ");
        Check().Faults.Single().What.Should().Be("its 1 files are not what was recorded; which of them, its record does not tell");
    }

    [Fact]
    public void A_folder_that_is_no_store_is_said_to_be_none() =>
        FluentActions.Invoking(() => StoreCheck.Of(Path.Combine(graph.StoreFolder, "nowhere"), null, CancellationToken.None))
            .Should().Throw<StageException>().WithMessage("there is no store in *nowhere*");

    [Fact]
    public async Task A_stores_state_counts_artifacts_checkpoints_and_what_the_dead_left()
    {
        var folder = await FolderAsync("doubled");
        File.Delete(Path.Combine(folder, "record.json"));
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(graph.StoreFolder, "checkpoints", "abc")).FullName, "step"), "12345");
        using var living = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        Directory.CreateDirectory(Path.Combine(graph.StoreFolder, "tmp", "dead", "001"));
        var before = Snapshot();
        var state = StoreState.Of(graph.StoreFolder);
        (state.Artifacts, state.Unreadable, state.Checkpoints, state.CheckpointBytes, state.Running, state.Leftovers).Should().Be((3, 1, 1, 5L, 1, 1));
        Snapshot().Should().Equal(before);
    }

    private List<string> Snapshot() =>
        [.. Directory.EnumerateFileSystemEntries(graph.StoreFolder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(f => $"{f} {(File.Exists(f) ? new FileInfo(f).Length : 0)} {File.GetLastWriteTimeUtc(f).Ticks}")];

    [Fact]
    public async Task Links_in_a_ring_are_not_entered()
    {
        using var ringed = new TestGraph();
        var made = (await ringed.RunAsync("  numbers: { uses: emit }")).Done()["numbers"];
        foreach (var name in (string[])["one", "two", "three"])
            Directory.CreateSymbolicLink(Path.Combine(made.Folder, name), made.Folder);
        // Entered, they would be there more often than anybody could count.
        var check = await Task.Run(() => StoreCheck.Of(ringed.StoreFolder, null, CancellationToken.None)).WaitAsync(TestGraph.Patience);
        check.Faults.Should().BeEmpty();
        StoreState.Of(ringed.StoreFolder).Artifacts.Should().Be(1);
        using var store = ArtifactStore.Open(ringed.StoreFolder, TimeProvider.System);
        ArchiveWriter.Write(store, made, Path.Combine(ringed.StoreFolder, "a.tar"), false, null, CancellationToken.None).Artifacts.Should().Be(1);
        GarbageCollection.Run(store, new GarbageOptions { Keep = TimeSpan.FromSeconds(-1), Forget = ["probe"] }, null, CancellationToken.None).Freed.Should().ContainSingle();
    }
}
