using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;

namespace DataflowRlhf.Graph;

/// <summary>
/// Reads an archive of an artifact into the store. It may come from anybody: nothing is written outside the store's <c>tmp</c> before every name, kind, length and hash in it was checked,
/// and each artifact comes to its place by one rename, that which the archive is about last.
/// </summary>
public sealed class ArchiveReader
{
    private const int LongestText = 64 << 20;
    private const int MostEntries = 200_000;
    private readonly string folder;
    private readonly Action<int> onRead;
    private readonly Dictionary<string, string> sums = new(StringComparer.Ordinal);

    private ArchiveReader(string folder, Action<int> onRead)
    {
        this.folder = folder;
        this.onRead = onRead;
    }

    /// <summary>Takes an archive in; what is in the store already stays as it is.</summary>
    /// <param name="progress">Told the bytes read so far and all that there are.</param>
    /// <param name="onWait">Told, in words, which other run is making an artifact of it and is waited for.</param>
    /// <exception cref="StageException">It is no such archive, is torn, or was tampered with; nothing came into the store.</exception>
    public static async Task<ArchiveSummary> ReadAsync(ArtifactStore store, string file, Action<long, long>? progress, CancellationToken stopping, Action<string>? onWait = null)
    {
        if (!FileState.Of(file).IsPlain)
            throw new StageException($"{file} is no plain file.  write: rlhf import FILE.tar");
        var (done, total) = (0L, new FileInfo(file).Length);
        if (new DriveInfo(store.Folder).AvailableFreeSpace is var free && free < total)
            throw new StageException($"{file} needs {Outlook.Size(total)}, and there are {Outlook.Size(free)} free at {store.Folder}.");
        using var work = store.NewWorkspace();
        var reader = new ArchiveReader(work.Files, read =>
        {
            stopping.ThrowIfCancellationRequested();
            progress?.Invoke(done += read, total);
        });
        try
        {
            if (!BeginsAsTar(file))
                throw new InvalidDataException("it does not begin as a tar file does");
            using (var stream = File.OpenRead(file))
                reader.Unpack(stream);
            var key = reader.CheckAll();
            var (artifacts, records) = await reader.PlaceAsync(store, key, onWait, stopping);
            return new ArchiveSummary(key, artifacts, records, total);
        }
        catch (Exception torn) when (torn is InvalidDataException or EndOfStreamException or FormatException or JsonException or OverflowException)
        {
            throw new StageException($"{file} is no whole archive of an artifact: {torn.Message.TrimEnd('.')}. Nothing was imported.  write: rlhf export ARTIFACT --output FILE.tar", torn);
        }
    }

    /// <summary>Whether the mark of a tar stands in its first block.</summary>
    private static bool BeginsAsTar(string file)
    {
        Span<byte> block = stackalloc byte[512];
        using var stream = File.OpenRead(file);
        return stream.ReadAtLeast(block, block.Length, throwOnEndOfStream: false) == block.Length && block[257..262].SequenceEqual("ustar"u8);
    }

    private void Unpack(FileStream stream)
    {
        using var tar = new TarReader(stream);
        for (var count = 0; tar.GetNextEntry() is { } entry; count++)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                throw new InvalidDataException($"'{Shown(entry.Name)}' is a {entry.EntryType}, and only plain files can be in it");
            if (ArchiveNames.Refusal(entry.Name) is { } refusal)
                throw new InvalidDataException($"'{Shown(entry.Name)}' {refusal}");
            if (count == 0 != (entry.Name == ArchiveNames.About))
                throw new InvalidDataException($"'{ArchiveNames.About}' is not what it begins with");
            if (sums.ContainsKey(entry.Name) || sums.ContainsKey(ArchiveNames.Sums))
                throw new InvalidDataException($"'{Shown(entry.Name)}' is in it twice, or behind its end");
            if (count >= MostEntries)
                throw new InvalidDataException($"it has more than {MostEntries:N0} entries");
            if (entry.Length > stream.Length || ArchiveNames.IsText(entry.Name) && entry.Length > LongestText)
                throw new InvalidDataException($"'{Shown(entry.Name)}' says that it has {entry.Length:N0} bytes");
            sums.Add(entry.Name, Write(entry));
        }
    }

    /// <returns>The SHA-256 of what was written.</returns>
    private string Write(TarEntry entry)
    {
        var path = Path.Combine(folder, entry.Name);
        for (var above = path; above.Length > folder.Length; above = Path.GetDirectoryName(above)!)
            if (above == path ? Directory.Exists(above) : File.Exists(above))
                throw new InvalidDataException($"'{Shown(Path.GetRelativePath(folder, above))}' is a file and a folder in it");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var to = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        var buffer = new byte[1 << 16];
        var written = 0L;
        for (int read; entry.DataStream is { } from && (read = from.Read(buffer)) > 0; written += read)
        {
            hash.AppendData(buffer, 0, read);
            to.Write(buffer, 0, read);
            onRead(read);
        }
        if (written != entry.Length)
            throw new EndOfStreamException($"'{entry.Name}' ends after {written:N0} of {entry.Length:N0} bytes");
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <returns>The key that the archive is about.</returns>
    private string CheckAll()
    {
        if (!sums.Remove(ArchiveNames.Sums))
            throw new EndOfStreamException($"'{ArchiveNames.Sums}' is missing from its end");
        var told = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(Path.Combine(folder, ArchiveNames.Sums)).Select(l => l.Split("  ", 2)))
            if (!told.TryAdd(line[^1], line[0]))
                throw new InvalidDataException($"'{ArchiveNames.Sums}' tells '{Shown(line[^1])}' twice");
        if (sums.FirstOrDefault(s => told.GetValueOrDefault(s.Key) != s.Value).Key is { } other)
            throw new InvalidDataException($"'{other}' holds other bytes than '{ArchiveNames.Sums}' tells");
        if (told.Keys.FirstOrDefault(t => !sums.ContainsKey(t)) is { } missing)
            throw new InvalidDataException($"'{Shown(missing)}' is missing");
        foreach (var artifact in Artifacts())
            if (Oddities(artifact).Concat(Lazily(() => StoreCheck.OfFolder(artifact))).FirstOrDefault() is { } fault)
                throw new InvalidDataException($"{Path.GetFileName(artifact)}: {fault}");
        foreach (var record in Records())
            if (Oddities(record).Concat(RememberedRecord.Faults(record)).FirstOrDefault() is { } fault)
                throw new InvalidDataException($"{Path.GetFileName(record)}: {fault}");
        using var about = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, ArchiveNames.About)));
        return about.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("key", out var key) && key.ValueKind == JsonValueKind.String
            && key.GetString() is { } text && Artifacts().Any(a => Path.GetFileName(a) == text) ? text : throw new InvalidDataException($"'{ArchiveNames.About}' names no artifact that is in it");
    }

    /// <summary>A record without its fields; and what is printed as it is must not steer a terminal.</summary>
    private static IEnumerable<string> Oddities(string folder)
    {
        if (StoredRecord.Read(folder) is not { } record)
            return [$"{StoredRecord.FileName} is missing or cannot be read"];
        if (record.Summary is null || record.Said is null || record.Inputs?.Any(i => i is not { Key: not null, Digest: not null }) == true)
            return ["its record lacks fields"];
        string?[] texts = [record.Key, record.Digest, record.FactsDigest, record.Pipeline, record.Stage, record.Uses, .. record.Said];
        return texts.Any(t => t is null) ? ["its record lacks fields"]
            : texts.Any(t => t!.Any(c => char.IsControl(c) && c is not ('\n' or '\t'))) ? ["its record has control characters in a name or a line"] : [];
    }

    private static IEnumerable<string> Lazily(Func<IEnumerable<string>> make)
    {
        foreach (var item in make())
            yield return item;
    }

    private async Task<(int Artifacts, int Records)> PlaceAsync(ArtifactStore store, string key, Action<string>? onWait, CancellationToken stopping)
    {
        var (artifacts, records) = (0, 0);
        foreach (var record in Records())
            records += RememberedRecord.Place(store, record) ? 1 : 0;
        // What it is about comes last: where that is, all that it was made from is, too.
        foreach (var artifact in Artifacts().OrderBy(a => Path.GetFileName(a) == key))
        {
            var own = Path.GetFileName(artifact);
            using var mine = await store.Locks.TakeAsync(own, () => onWait?.Invoke($"Another run{store.Locks.Holder(own)} is making {own[..12]}; waiting for that."), stopping);
            if (store.Find(own) is not null)
                continue;
            var made = StoredRecord.Read(artifact)!;
            store.Place(artifact, made.Key);
            if (store.LatestKey(made.Pipeline, made.Stage) is null)
                store.SetLatest(made.Pipeline, made.Stage, made.Key);
            artifacts++;
        }
        return (artifacts, records);
    }

    private IEnumerable<string> Artifacts() => Inner(Path.Combine(folder, "artifacts")).SelectMany(Inner);

    private IEnumerable<string> Records() => Inner(Path.Combine(folder, "lineage"));

    private static string[] Inner(string folder) => Directory.Exists(folder) ? Directory.GetDirectories(folder) : [];

    private static string Shown(string name) => new([.. name.Take(120).Select(c => char.IsControl(c) ? '?' : c)]);
}
