using DataflowRlhf.Graph.Tests.Run;

namespace DataflowRlhf.Graph.Tests.Store;

/// <summary>What a store gathers beside its artifacts: records of runs, records of artifacts elsewhere, lock files.</summary>
public sealed class OldRecordsTests : IDisposable
{
    private static readonly GarbageOptions Now = new() { Keep = TimeSpan.FromSeconds(-1) };
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    private ArtifactStore Open(TimeProvider? time = null) => ArtifactStore.Open(graph.StoreFolder, time ?? TimeProvider.System);

    private static GarbageCollection Collect(ArtifactStore store, GarbageOptions options) => GarbageCollection.Run(store, options, null, CancellationToken.None);

    private RunHistory History => new(graph.StoreFolder);

    private async Task<string> RunAsync(int salt, string pipeline = "probe")
    {
        using var store = Open();
        var file = Pipeline.Some.Check($"pipeline: {pipeline}\nstages:\n  numbers: {{ uses: emit, with: {{ salt: {salt} }} }}");
        using var journal = RunJournal.Begin(graph.StoreFolder, file.Graph!, "cpu", TimeProvider.System);
        journal.End(await new Engine(store, TimeProvider.System).RunAsync(file.Graph!, new RunOptions(), journal, CancellationToken.None).WaitAsync(TestGraph.Patience), 0);
        return journal.Id;
    }

    private IEnumerable<string> Remembered => History.Recent().Select(r => r.Id).Order(StringComparer.Ordinal);

    [Fact]
    public async Task An_old_run_goes_unless_it_is_its_pipelines_last_or_made_what_stays()
    {
        var made = await RunAsync(1);
        string key;
        using (var store = Open())
        {
            key = store.LatestKey("probe", "numbers")!;
            store.Names.Add("good", store.Find(key)!);
        }
        var (gone, foundAgain, last, other) = (await RunAsync(2), await RunAsync(1), await RunAsync(3), await RunAsync(9, "other"));
        File.WriteAllText(Path.Combine(History.Folder, "20200101-000000-000.lock"), "");
        File.WriteAllText(Path.Combine(History.Folder, "20200101-000000-001.json.tmp"), "{ half");
        File.WriteAllText(Path.Combine(History.Folder, "20200101-000000-002.json"), "{ \"format\": 99 }");
        File.WriteAllText(Path.Combine(History.Folder, "notes.txt"), "mine");
        using (var store = Open())
            Collect(store, new GarbageOptions()).Freed.Should().BeEmpty("all of it is recent");

        using (var store = Open())
        {
            var told = Collect(store, Now with { DryRun = true }).Freed;
            Directory.EnumerateFiles(History.Folder).Should().HaveCount(9, "a dry run makes and takes nothing");
            var freed = Collect(store, Now).Freed;
            freed.Should().Equal(told);
            freed.Select(f => (f.What, f.Name)).Should().Equal(
                ("artifact", "probe:numbers"), ("run", $"{foundAgain} of probe"), ("run", $"{gone} of probe"), ("run", "20200101-000000-001"), ("run", "20200101-000000-000"));
        }
        Remembered.Should().Equal(new[] { made, last, other }.Order(StringComparer.Ordinal));
        Directory.EnumerateFiles(History.Folder).Select(Path.GetFileName).Should().Contain(["notes.txt", "20200101-000000-002.json"], "what is no record of this version is left alone").And.HaveCount(5);

        using (var store = Open())
        {
            store.Names.Remove("good");
            Collect(store, Now with { Forget = ["probe"] });
        }
        Remembered.Should().Equal(other);
    }

    [Fact]
    public async Task A_run_that_is_alive_stays_and_one_that_was_killed_goes_with_its_lock()
    {
        await RunAsync(1);
        var file = Pipeline.Some.Check("pipeline: probe\nstages:\n  numbers: { uses: emit }").Graph!;
        using (var living = RunJournal.Begin(graph.StoreFolder, file, "cpu", TimeProvider.System))
        {
            await RunAsync(1);
            using (var store = Open())
                Collect(store, Now).Freed.Should().BeEmpty();
            Remembered.Should().Contain(living.Id);
        }
        Directory.EnumerateFiles(History.Folder, "*.lock").Should().ContainSingle("it never said that it had ended");
        using (var store = Open())
            Collect(store, Now).Freed.Should().ContainSingle(f => f.What == "run");
        Directory.EnumerateFiles(History.Folder, "*.lock").Should().BeEmpty();
    }

    [Fact]
    public async Task A_record_of_an_artifact_elsewhere_goes_with_the_last_thing_that_was_made_from_it()
    {
        var archive = await ImportedAsync();
        var lineage = Path.Combine(graph.StoreFolder, "lineage");
        using (var store = Open())
        {
            store.Names.Add("good", store.Find(archive.Key)!);
            Collect(store, Now with { Forget = ["probe"] }).Freed.Should().BeEmpty();
            Directory.GetDirectories(lineage).Should().HaveCount(2);
            store.Names.Remove("good");
        }

        // Another import that is under way needs them; once it has ended nobody does.
        using (var importing = Open())
        {
            using (importing.Use(Path.GetFileName(Directory.GetDirectories(lineage)[0])))
            {
            }
            using var again = Open();
            Collect(again, Now with { DryRun = true }).Freed.Select(f => f.What).Should().Equal("artifact", "lineage");
        }
        using var last = Open();
        Collect(last, Now).Freed.Select(f => (f.What, f.Name)).Should().BeEquivalentTo([("artifact", "probe:model"), ("lineage", "probe:doubled"), ("lineage", "probe:numbers")]);
        Directory.GetDirectories(lineage).Should().BeEmpty();
    }

    private async Task<ArchiveSummary> ImportedAsync()
    {
        using var from = new TestGraph();
        (await from.RunAsync("  numbers: { uses: emit }\n  doubled: { uses: double, from: numbers }\n  model: { uses: learn, from: doubled }")).Done();
        using var source = ArtifactStore.Open(from.StoreFolder, TimeProvider.System);
        var archive = Path.Combine(from.StoreFolder, "model.tar");
        ArchiveWriter.Write(source, source.Names.Find("model"), archive, false, null, CancellationToken.None);
        using var store = Open();
        return await ArchiveReader.ReadAsync(store, archive, null, CancellationToken.None);
    }

    [Fact]
    public async Task Lock_files_that_nobody_holds_go_and_others_stay()
    {
        var (idle, busy, dead) = (new string('a', 64), new string('b', 64), new string('d', 64));
        using var maker = Open();
        using var making = maker.Locks.TryTake(busy)!;
        maker.Locks.TryTake(idle)!.Dispose();
        var locks = Path.Combine(graph.StoreFolder, "locks");
        // Killed as it held it, and one as it wrote who it is.
        foreach (var name in (string[])[dead, $"{dead}.4", $"{dead}.5.0123abcd"])
            await File.WriteAllTextAsync(Path.Combine(locks, name), "");
        using var store = Open();
        Collect(store, new GarbageOptions()).Locks.Should().Be(0, "they are young");
        Collect(store, Now with { DryRun = true }).Locks.Should().Be(2);
        Collect(store, Now).Locks.Should().Be(2);
        Directory.GetFiles(locks).Select(Path.GetFileName).Where(n => n != "gate").Should().BeEquivalentTo(busy, $"{busy}.1");
        making.Check();
        store.Locks.TryTake(busy).Should().BeNull();
        using var anew = store.Locks.TryTake(idle);
        anew.Should().NotBeNull();
    }

    [Fact]
    public void Who_locked_a_file_as_it_was_deleted_notices()
    {
        var file = Path.Combine(graph.StoreFolder, "lock");
        using var mine = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        StoreLock.HasItsName(mine, file).Should().BeTrue();
        File.Delete(file);
        StoreLock.HasItsName(mine, file).Should().BeFalse();
        using var theirs = StoreLock.TryTake(file);
        theirs.Should().NotBeNull();
        StoreLock.HasItsName(mine, file).Should().BeFalse("the name is another file's now");
    }

    [Fact]
    public async Task Of_many_that_want_a_lock_while_others_delete_its_file_one_has_it()
    {
        var file = Path.Combine(graph.StoreFolder, "lock");
        var (inside, most, times) = (0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                using var mine = StoreLock.TryTake(file);
                if (mine is null)
                    continue;
                if (Interlocked.Increment(ref inside) is var together && together > 1)
                    Interlocked.Exchange(ref most, together);
                Interlocked.Increment(ref times);
                Thread.SpinWait(200);
                Interlocked.Decrement(ref inside);
                if (worker % 2 == 0)
                    File.Delete(file); // The last that is done under it.
            }
        })));
        (most, times > 100).Should().Be((0, true));
    }
}
