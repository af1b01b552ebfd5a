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
    public async Task An_index_whose_making_was_killed_is_filled_by_whoever_comes_next()
    {
        var made = (await graph.RunAsync("  numbers: { uses: emit }")).Done()["numbers"];
        foreach (var file in Directory.EnumerateFiles(graph.StoreFolder, "index.sqlite*"))
            File.Delete(file);
        new StoreIndex(Path.Combine(graph.StoreFolder, "index.sqlite")).Dispose();
        using (var store = Open())
        {
            store.LatestKey("probe", "numbers").Should().Be(made.Key);
            store.Index.Forget("probe");
        }
        using var again = Open();
        again.LatestKey("probe", "numbers").Should().BeNull("what was forgotten is not filled in again");
    }

    [Fact]
    public async Task An_index_that_knows_more_than_the_artifacts_keeps_it()
    {
        await graph.RunAsync("  numbers: { uses: emit }");
        var older = (await graph.RunAsync("  numbers: { uses: emit, with: { salt: 2 } }")).Done()["numbers"];
        (await graph.RunAsync("  numbers: { uses: emit, with: { salt: 3 } }")).Done();
        using var store = Open();
        store.SetLatest("probe", "numbers", older.Key);
        store.Index.Fill([new LatestArtifact("probe", "numbers", "another"), new LatestArtifact("probe", "more", "new"), new LatestArtifact("probe", "more", "old")]);
        store.LatestKey("probe", "numbers").Should().Be(older.Key);
        store.LatestKey("probe", "more").Should().Be("new");
    }

    [Fact]
    public async Task What_could_not_be_told_to_be_in_use_for_a_full_disk_is_told_the_next_time()
    {
        var made = (await graph.RunAsync("  numbers: { uses: emit }")).Done()["numbers"];
        using var store = Open();
        var uses = Path.Combine(store.Scratch.Folder, "uses");
        File.CreateSymbolicLink(uses, "/dev/full");
        FluentActions.Invoking(() => store.Find(made.Key)).Should().Throw<IOException>();
        FluentActions.Invoking(() => new FileStream(Path.Combine(graph.StoreFolder, "locks", "gate"), FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose()).Should().NotThrow("the gate is open again");
        File.Delete(uses);
        await File.WriteAllTextAsync(uses, made.Key[..20]); // What the disk still took.
        store.Find(made.Key).Should().NotBeNull();
        Scratch.UsedByTheLiving(Path.Combine(graph.StoreFolder, "tmp")).Should().Contain(made.Key);
    }

    [Fact]
    public void What_was_set_aside_comes_back_only_behind_the_gate()
    {
        var dead = Directory.CreateDirectory(Path.Combine(graph.StoreFolder, "tmp", "dead")).FullName;
        CopyOf(NewArtifact(), Path.Combine(dead, "aside-" + Key(1, 1)), "old");
        var gate = Path.Combine(graph.StoreFolder, "locks", "gate");
        File.Delete(gate);
        Directory.CreateDirectory(gate); // Nobody can pass.
        using (Open())
            Directory.Exists(dead).Should().BeTrue("who places a new one at this moment must not find its place taken");
        Directory.Delete(gate);
        using (Open())
            Directory.Exists(dead).Should().BeFalse();
        Directory.Exists(ArtifactStore.FolderOf(graph.StoreFolder, Key(1, 1))).Should().BeTrue();
    }

    private string NewArtifact()
    {
        using var store = Open();
        using var work = store.NewWorkspace();
        File.WriteAllText(Path.Combine(work.Files, "file"), "old");
        var folder = Path.GetDirectoryName(Commit(store, work, Key(0, 0)).Folder)!;
        Directory.CreateDirectory(Path.GetDirectoryName(ArtifactStore.FolderOf(graph.StoreFolder, Key(1, 1)))!);
        return folder;
    }

    [Fact]
    public async Task A_name_that_goes_while_names_are_read_is_passed_over()
    {
        var made = (await graph.RunAsync("  numbers: { uses: emit }")).Done()["numbers"];
        using var store = Open();
        store.Names.Add("good", made);
        File.CreateSymbolicLink(Path.Combine(graph.StoreFolder, "names", "gone"), "nowhere");
        store.Names.Pins.Should().Equal(new Pin("good", made.Key));
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
            graph.Temporary.Should().Contain(Path.GetDirectoryName(living.Folder)).And.NotContain(Path.GetDirectoryName(dead));
        Directory.Exists(living.Files).Should().BeTrue();
    }

    [Fact]
    public async Task Clearing_up_while_others_begin_and_commit_takes_nothing_from_them()
    {
        using var done = new CancellationTokenSource();
        var clearing = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
                using (Open())
                {
                }
        });
        var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(w => Task.Run(() =>
        {
            for (var i = 0; i < 40; i++)
                using (var store = Open())
                using (var work = store.NewWorkspace())
                {
                    File.WriteAllText(Path.Combine(work.Files, "file"), $"{w} {i}");
                    Commit(store, work, Key(w, i));
                }
            return w;
        })));
        await done.CancelAsync();
        await clearing;
        using var last = Open();
        foreach (var w in made)
            for (var i = 0; i < 40; i++)
                File.ReadAllText(Path.Combine(last.Find(Key(w, i))!.Folder, "file")).Should().Be($"{w} {i}");
        graph.Temporary.Should().ContainSingle("only the open store's own folder is left");
    }

    [Fact]
    public void An_artifact_that_was_set_aside_when_its_run_died_comes_back()
    {
        string folder;
        using (var store = Open())
        {
            using var work = store.NewWorkspace();
            File.WriteAllText(Path.Combine(work.Files, "file"), "old");
            folder = Path.GetDirectoryName(Commit(store, work, Key(0, 0)).Folder)!;
        }
        // Killed between the two renames: the old one stands aside, the new one is not in its place yet.
        var dead = Directory.CreateDirectory(Path.Combine(graph.StoreFolder, "tmp", "dead")).FullName;
        Directory.Move(folder, Path.Combine(dead, "aside-" + Key(0, 0)));
        Directory.CreateDirectory(Path.Combine(dead, "001", "files"));
        using (var store = Open())
            File.ReadAllText(Path.Combine(store.Find(Key(0, 0))!.Folder, "file")).Should().Be("old");
        Directory.Exists(dead).Should().BeFalse();
        // Killed after them: the new one stays.
        CopyOf(folder, Path.Combine(dead, "aside-" + Key(0, 0)), "older");
        using (var store = Open())
            File.ReadAllText(Path.Combine(store.Find(Key(0, 0))!.Folder, "file")).Should().Be("old");
        Directory.Exists(dead).Should().BeFalse();
    }

    [Fact]
    public void A_new_artifact_takes_the_place_of_the_old_and_nothing_stays_behind()
    {
        using var store = Open();
        foreach (var text in (string[])["first", "second"])
        {
            using var work = store.NewWorkspace();
            File.WriteAllText(Path.Combine(work.Files, "file"), text);
            File.ReadAllText(Path.Combine(Commit(store, work, Key(0, 0)).Folder, "file")).Should().Be(text);
        }
        Directory.EnumerateDirectories(Path.Combine(graph.StoreFolder, "tmp"), "*", SearchOption.AllDirectories).Should().ContainSingle();
    }

    [Fact]
    public async Task An_artifact_whose_files_are_gone_is_made_anew()
    {
        var made = (await graph.RunAsync("  numbers: { uses: emit }")).Done()["numbers"];
        Directory.Delete(made.Folder, recursive: true);
        (await graph.RunAsync("  numbers: { uses: emit }")).Done().Log.Ran.Should().Equal("numbers");
    }

    private static string Key(int worker, int item) => $"{worker:x2}{item:x62}";

    private static ArtifactRecord Commit(ArtifactStore store, Workspace work, string key) => store.Commit(work, new Preimage([]), new StoredRecord(
        StoredRecord.CurrentFormat, key, "digest", "facts", "probe", "stage", "emit", ArtifactKind.Model, 0, 0, 0, TimeProvider.System.GetUtcNow(), [], []));

    private static void CopyOf(string folder, string to, string text)
    {
        Directory.CreateDirectory(Path.Combine(to, "files"));
        File.Copy(Path.Combine(folder, "record.json"), Path.Combine(to, "record.json"));
        File.WriteAllText(Path.Combine(to, "files", "file"), text);
    }

    [Fact]
    public void A_file_that_is_no_index_is_named()
    {
        File.WriteAllText(Path.Combine(graph.StoreFolder, "index.sqlite"), new string('x', 4096));
        FluentActions.Invoking(Open).Should().Throw<StageException>().WithMessage("*index.sqlite is no index of artifacts. Delete it*");
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
