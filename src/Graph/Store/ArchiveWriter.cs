using System.Formats.Tar;
using System.Text;
using System.Text.Json;

namespace DataflowRlhf.Graph;

/// <summary>Writes an artifact and the records of all that it was made from into one plain tar file. Equal artifacts give equal bytes.</summary>
public sealed class ArchiveWriter : IDisposable
{
    private readonly TarWriter tar;
    private readonly StringBuilder sums = new();
    private readonly DateTimeOffset made;
    private readonly Action<int> onRead;

    private ArchiveWriter(string file, DateTimeOffset made, Action<int> onRead)
    {
        tar = new TarWriter(File.Create(file), TarEntryFormat.Pax);
        this.made = made;
        this.onRead = onRead;
    }

    /// <param name="file">Comes to be by one rename; one that is killed leaves <c>file.partial</c>.</param>
    /// <param name="withInputs">Whether the content of what it was made from goes along.</param>
    /// <param name="progress">Told the bytes read so far and all that there are.</param>
    /// <exception cref="StageException">Something of it is damaged.</exception>
    public static ArchiveSummary Write(ArtifactStore store, ArtifactRecord artifact, string file, bool withInputs, Action<long, long>? progress, CancellationToken stopping)
    {
        List<string> before = [.. new Ancestry(store).WithInputs([artifact.Key]).Where(k => k != artifact.Key).Order(StringComparer.Ordinal)];
        List<string> whole = [.. before.Where(k => withInputs && store.Find(k) is not null), artifact.Key];
        var (done, total) = (0L, whole.Sum(k => StoreState.Size(store.FolderOf(k)).Bytes));
        var half = file + ".partial";
        using (var archive = new ArchiveWriter(half, artifact.Made, read =>
        {
            stopping.ThrowIfCancellationRequested();
            progress?.Invoke(done += read, total);
        }))
        {
            archive.Add(ArchiveNames.About, JsonSerializer.SerializeToUtf8Bytes(new { Format = 1, artifact.Key, artifact.Stage, artifact.Uses, artifact.Digest }, StoredRecord.Json));
            foreach (var key in before.Except(whole))
                archive.AddRecord(key, store.RecordFolder(key)!);
            foreach (var key in whole)
                archive.AddArtifact(store.FolderOf(key));
            archive.Add(ArchiveNames.Sums, Encoding.UTF8.GetBytes(archive.sums.ToString()));
        }
        Durable.Flush(half);
        File.Move(half, file, overwrite: true);
        Durable.Flush(Path.GetDirectoryName(Path.GetFullPath(file))!);
        return new ArchiveSummary(artifact.Key, whole.Count, before.Count + 1 - whole.Count, new FileInfo(file).Length);
    }

    public void Dispose() => tar.Dispose();

    /// <summary>Reads a record that an import will take.</summary>
    private static StoredRecord Sound(string folder)
    {
        var record = StoredRecord.Read(folder) ?? throw new StageException($"{folder} has no record any more. See: rlhf verify");
        if (RememberedRecord.PreimageKey(folder) != Path.GetFileName(folder))
            throw new StageException($"{Path.Combine(folder, ArtifactStore.PreimageName)} does not give its key; it is not exported. See all: rlhf verify");
        return record.SealHolds(folder) ? record : throw new StageException($"{Path.Combine(folder, StoredRecord.FileName)} is not as it was written; it is not exported. See all: rlhf verify");
    }

    private void AddRecord(string key, string folder)
    {
        Sound(folder);
        foreach (var name in (string[])[ArtifactStore.PreimageName, StoredRecord.FileName])
            AddFile($"lineage/{key}/{name}", Path.Combine(folder, name), null);
    }

    private void AddArtifact(string folder)
    {
        var record = Sound(folder);
        var key = Path.GetFileName(folder);
        foreach (var name in StoredRecord.BesideNames.Append(StoredRecord.FileName).Where(n => File.Exists(Path.Combine(folder, n))))
            AddFile($"artifacts/{key[..2]}/{key}/{name}", Path.Combine(folder, name), record.Beside?.GetValueOrDefault(name));
        var content = Path.Combine(folder, ArtifactStore.FilesName);
        foreach (var file in FolderTree.Files(content).Order(StringComparer.Ordinal))
            if (Path.GetRelativePath(content, file) is var name)
                AddFile($"artifacts/{key[..2]}/{key}/files/{name}", file, record.Files?.GetValueOrDefault(name));
    }

    /// <param name="expected">The SHA-256 that was recorded; null: none was.</param>
    private void AddFile(string name, string file, string? expected)
    {
        var sum = ContentDigest.PlainOfFile(file, onRead);
        if (expected is not null && sum != expected)
            throw new StageException($"{file} holds other bytes than were recorded; it is not exported. See all: rlhf verify");
        using var data = File.OpenRead(file);
        Add(name, data, sum);
    }

    private void Add(string name, byte[] bytes) => Add(name, new MemoryStream(bytes), Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)));

    private void Add(string name, Stream data, string sum)
    {
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = data, ModificationTime = made, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead });
        sums.Append(sum).Append("  ").Append(name).Append('\n');
    }
}
