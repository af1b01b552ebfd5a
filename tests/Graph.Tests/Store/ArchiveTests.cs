using System.Formats.Tar;
using System.Text;
using DataflowRlhf.Graph.Tests.Run;

namespace DataflowRlhf.Graph.Tests.Store;

public sealed class ArchiveTests : IDisposable
{
    private readonly TestGraph from = new();
    private readonly TestGraph to = new();
    private readonly string archive = Path.Combine(Directory.CreateTempSubdirectory("archive-").FullName, "model.tar");

    public void Dispose()
    {
        from.Dispose();
        to.Dispose();
        Directory.Delete(Path.GetDirectoryName(archive)!, recursive: true);
    }

    private static ArtifactStore Open(TestGraph graph) => ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);

    private async Task<ArchiveSummary> ExportAsync(bool withInputs = false)
    {
        (await from.RunAsync("  numbers: { uses: emit }\n  doubled: { uses: double, from: numbers }\n  model: { uses: learn, from: doubled }")).Done();
        using var store = Open(from);
        return ArchiveWriter.Write(store, store.Names.Find("model"), archive, withInputs, null, CancellationToken.None);
    }

    private async Task<ArchiveSummary> ImportAsync()
    {
        using var store = Open(to);
        return await ArchiveReader.ReadAsync(store, archive, null, CancellationToken.None);
    }

    private List<string> Faults() => [.. StoreCheck.Of(to.StoreFolder, null, CancellationToken.None).Faults.Select(f => f.What)];

    [Fact]
    public async Task An_artifact_comes_over_with_the_records_of_all_it_was_made_from()
    {
        var written = await ExportAsync();
        (written.Artifacts, written.Records).Should().Be((1, 2));
        var read = await ImportAsync();
        (read.Key, read.Artifacts, read.Records).Should().Be((written.Key, 1, 2));
        using (var store = Open(to))
        {
            var model = store.Names.Find("probe:model");
            File.ReadAllText(Path.Combine(model.Folder, "config.json")).Should().StartWith("{\"seed\":");
            var doubled = store.Recall(model.Inputs.Single().Key)!;
            (doubled.Stage, store.Find(doubled.Key)).Should().Be(("doubled", null));
            store.Recall(doubled.Inputs.Single().Key)!.Stage.Should().Be("numbers");
        }
        Faults().Should().BeEmpty();
        var again = await ImportAsync();
        (again.Artifacts, again.Records).Should().Be((0, 0));
    }

    [Fact]
    public async Task With_inputs_the_next_run_finds_them_all()
    {
        (await ExportAsync(withInputs: true)).Artifacts.Should().Be(3);
        (await ImportAsync()).Artifacts.Should().Be(3);
        (await to.RunAsync("  numbers: { uses: emit }\n  doubled: { uses: double, from: numbers }\n  model: { uses: learn, from: doubled }")).Done().Log.Hits.Should().HaveCount(3);
    }

    [Fact]
    public async Task What_was_imported_can_be_passed_on_with_its_whole_lineage()
    {
        await ExportAsync();
        await ImportAsync();
        using var store = Open(to);
        var onward = archive + "-2";
        ArchiveWriter.Write(store, store.Names.Find("model"), onward, false, null, CancellationToken.None).Records.Should().Be(2);
        (await File.ReadAllBytesAsync(onward)).Should().Equal(await File.ReadAllBytesAsync(archive));
    }

    [Fact]
    public async Task A_damaged_artifact_is_not_exported()
    {
        await ExportAsync();
        using var store = Open(from);
        var model = store.Names.Find("model");
        await File.AppendAllTextAsync(Path.Combine(model.Folder, "config.json"), " ");
        FluentActions.Invoking(() => ArchiveWriter.Write(store, model, archive + "2", false, null, CancellationToken.None))
            .Should().Throw<StageException>().WithMessage("*config.json holds other bytes than were recorded*");
        File.Exists(archive + "2").Should().BeFalse();
    }

    [Theory]
    [InlineData("model", false)]
    [InlineData("numbers", false)]
    [InlineData("numbers", true)]
    public async Task What_an_import_would_refuse_is_not_exported(string damaged, bool withInputs)
    {
        await ExportAsync();
        using var store = Open(from);
        var record = Path.Combine(store.Names.Find(damaged).Folder, "..", "record.json");
        var text = await File.ReadAllTextAsync(record);
        await File.WriteAllTextAsync(record, text.Replace("\"seconds\": ", "\"seconds\": 1", StringComparison.Ordinal));
        FluentActions.Invoking(() => ArchiveWriter.Write(store, store.Names.Find("model"), archive + "2", withInputs, null, CancellationToken.None))
            .Should().Throw<StageException>().WithMessage("*record.json is not as it was written; it is not exported*");
        File.Exists(archive + "2").Should().BeFalse();
    }

    [Fact]
    public async Task Any_flipped_bit_and_any_torn_end_is_refused_and_nothing_comes_in()
    {
        await ExportAsync();
        var whole = await File.ReadAllBytesAsync(archive);
        var places = Entries().SelectMany(e => (long[])[e.Offset, e.Offset + e.Length - 1]).ToList();
        foreach (var place in places)
        {
            var damaged = whole.ToArray();
            damaged[place] ^= 4;
            await RefusedAsync(damaged, "*");
        }
        foreach (var length in (int[])[0, 100, 512, whole.Length / 2, (int)places[^1] - 1])
            await RefusedAsync(whole[..length], "*is no whole archive*");
        await File.WriteAllBytesAsync(archive, whole);
        (await ImportAsync()).Artifacts.Should().Be(1);
    }

    private List<(long Offset, long Length)> Entries()
    {
        using var tar = new TarReader(File.OpenRead(archive));
        var all = new List<(long, long)>();
        while (tar.GetNextEntry() is { } entry)
            all.Add((entry.DataOffset, entry.Length));
        return all;
    }

    [Theory]
    [InlineData("../outside", "is nothing that")]
    [InlineData("/etc/outside", "is nothing that")]
    [InlineData("artifacts/../../outside", "is nothing that")]
    [InlineData("artifacts/KK/KEY/files/../../../../outside", "has no plain path")]
    [InlineData("artifacts/KK/KEY/files//outside", "has no plain path")]
    [InlineData("artifacts/KK/KEY/files/a\\b", "has no plain path")]
    [InlineData("artifacts/KK/KEY/files/a\u001b[2Jb", "has no plain path")]
    [InlineData("artifacts/00/KEY/files/a", "is not in its key's folder")]
    [InlineData("artifacts/KK/KEY/other.json", "is nothing that")]
    [InlineData("artifacts/KK/KEY/record.json", "is in it twice")]
    [InlineData("index.sqlite", "is nothing that")]
    [InlineData("artifacts/KK/KEY/files/config.json/inner", "is a file and a folder")]
    [InlineData("artifacts/KK/KEY/files/LONG", "is too long")]
    public async Task A_name_that_does_not_belong_there_is_refused(string name, string says)
    {
        var key = (await ExportAsync()).Key;
        AddEntry(new PaxTarEntry(TarEntryType.RegularFile, name.Replace("KK", key[..2], StringComparison.Ordinal).Replace("KEY", key, StringComparison.Ordinal).Replace("LONG", new string('ü', 150), StringComparison.Ordinal)) { DataStream = new MemoryStream([1]) });
        await RefusedAsync(null, $"*{says}*");
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Fifo)]
    [InlineData(TarEntryType.CharacterDevice)]
    [InlineData(TarEntryType.Directory)]
    public async Task Only_plain_files_are_taken(TarEntryType kind)
    {
        var key = (await ExportAsync()).Key;
        var entry = new PaxTarEntry(kind, $"artifacts/{key[..2]}/{key}/files/link");
        if (kind is TarEntryType.SymbolicLink or TarEntryType.HardLink)
            entry.LinkName = "/etc/passwd";
        AddEntry(entry);
        await RefusedAsync(null, $"*is a {kind}*");
    }

    [Fact]
    public async Task One_that_fits_its_sums_but_not_its_key_is_refused()
    {
        await ExportAsync();
        foreach (var (name, change, says) in ((string, Func<string, string>, string)[])[
            ("preimage.json", t => t.Replace("learn", "other", StringComparison.Ordinal), "preimage.json"),
            ("files/config.json", t => t + " ", "config.json holds other bytes"),
            ("record.json", t => "{}", "record.json"),
            ("record.json", t => new string('[', 5000), "record.json"),
            ("record.json", t => t.Replace("\"stage\": \"model\"", "\"stage\": \"m\\u001b\"", StringComparison.Ordinal), "control characters"),
            ("record.json", t => t.Replace("\"said\": []", "\"said\": null", StringComparison.Ordinal), "record.json is missing or cannot be read"),
            ("archive.json", t => t.Replace("\"key\": \"", "\"key\": \"0", StringComparison.Ordinal), "names no artifact"),
            ("archive.json", t => "[]", "names no artifact")])
        {
            await ExportAsync();
            Tamper(name, change);
            await RefusedAsync(null, $"*{says}*");
        }
    }

    [Fact]
    public async Task Sums_that_tell_a_file_twice_are_refused()
    {
        await ExportAsync();
        var entries = Read();
        using (var tar = new TarWriter(File.Create(archive), TarEntryFormat.Pax))
            foreach (var (name, bytes) in entries)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(name == "sha256sums.txt" ? [.. bytes, .. bytes] : bytes) });
        await RefusedAsync(null, "*'sha256sums.txt' tells 'archive.json' twice*");
    }

    [Fact]
    public async Task Who_is_waited_for_is_told()
    {
        var key = (await ExportAsync()).Key;
        using var other = Open(to);
        var making = other.Locks.TryTake(key)!;
        using var store = Open(to);
        var told = new List<string>();
        await ArchiveReader.ReadAsync(store, archive, null, CancellationToken.None, line =>
        {
            told.Add(line);
            making.Dispose();
        }).WaitAsync(TestGraph.Patience);
        told.Should().ContainSingle().Which.Should().MatchRegex($"^Another run \\(pid {Environment.ProcessId} on .*\\) is making {key[..12]}; waiting for that\\.$");
    }

    [Fact]
    public async Task Many_that_take_in_the_same_at_once_all_succeed()
    {
        await ExportAsync();
        for (var round = 0; round < 5; round++)
        {
            using var shared = new TestGraph();
            var read = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                using var store = Open(shared);
                return await ArchiveReader.ReadAsync(store, archive, null, CancellationToken.None);
            })));
            (read.Sum(r => r.Artifacts), read.Sum(r => r.Records)).Should().Be((1, 2));
        }
    }

    private async Task RefusedAsync(byte[]? bytes, string says)
    {
        if (bytes is not null)
            await File.WriteAllBytesAsync(archive, bytes);
        (await FluentActions.Awaiting(ImportAsync).Should().ThrowAsync<StageException>()).WithMessage(says);
        Directory.EnumerateFileSystemEntries(Path.Combine(to.StoreFolder, "artifacts")).Should().BeEmpty();
        Directory.Exists(Path.Combine(to.StoreFolder, "lineage")).Should().BeFalse();
        to.Temporary.Should().BeEmpty();
        File.Exists(Path.Combine(to.StoreFolder, "outside")).Should().BeFalse();
    }

    /// <summary>Adds an entry before the sums.</summary>
    private void AddEntry(TarEntry more)
    {
        var entries = Read();
        using var tar = new TarWriter(File.Create(archive), TarEntryFormat.Pax);
        foreach (var (name, bytes) in entries[..^1])
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) });
        tar.WriteEntry(more);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, entries[^1].Name) { DataStream = new MemoryStream(entries[^1].Bytes) });
    }

    /// <summary>Changes the artifact's own file of that name, and the sums to fit.</summary>
    private void Tamper(string name, Func<string, string> change)
    {
        var entries = Read();
        var sums = new StringBuilder();
        using var tar = new TarWriter(File.Create(archive), TarEntryFormat.Pax);
        foreach (var (entry, bytes) in entries)
        {
            var now = entry == name || entry.StartsWith("artifacts/", StringComparison.Ordinal) && entry.EndsWith("/" + name, StringComparison.Ordinal) ? Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(bytes))) : bytes;
            if (entry == "sha256sums.txt")
                now = Encoding.UTF8.GetBytes(sums.ToString());
            sums.Append(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(now))).Append("  ").Append(entry).Append('\n');
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, entry) { DataStream = new MemoryStream(now) });
        }
    }

    private List<(string Name, byte[] Bytes)> Read()
    {
        using var tar = new TarReader(File.OpenRead(archive));
        var all = new List<(string, byte[])>();
        while (tar.GetNextEntry() is { } entry)
        {
            using var bytes = new MemoryStream();
            entry.DataStream?.CopyTo(bytes);
            all.Add((entry.Name, bytes.ToArray()));
        }
        return all;
    }
}
