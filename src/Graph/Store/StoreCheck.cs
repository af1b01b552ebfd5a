namespace DataflowRlhf.Graph;

/// <summary>Reads every artifact of a store again and holds it against its record. Changes nothing, and needs no more memory than one file's buffer and one artifact's curves.</summary>
/// <param name="Artifacts">Folders looked at.</param>
/// <param name="Files">Content files read.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Faults">What differs, in the order of the folders.</param>
public sealed record StoreCheck(int Artifacts, long Files, long Bytes, IReadOnlyList<StoreFault> Faults)
{
    /// <param name="store">The store's folder.</param>
    /// <param name="progress">Told the bytes read so far and all that there are.</param>
    /// <exception cref="StageException">There is no store in the folder.</exception>
    public static StoreCheck Of(string store, Action<long, long>? progress, CancellationToken stopping)
    {
        var artifacts = StoreState.ArtifactFolders(store);
        var total = artifacts.Sum(a => StoreState.Size(Path.Combine(a, ArtifactStore.FilesName)).Bytes);
        long bytes = 0, files = 0;
        var faults = new List<StoreFault>();
        foreach (var folder in artifacts)
        {
            var (began, found) = (bytes, new List<string>());
            // A run that goes on meanwhile may put a new artifact in the place of this one: then what was read was half of each.
            for (var made = Read(folder); ; made = Read(folder))
            {
                (bytes, found) = (began, []);
                var count = 0L;
                Look(folder, made, found, _ => count++, read =>
                {
                    stopping.ThrowIfCancellationRequested();
                    progress?.Invoke(bytes += read, total);
                });
                if (found.Count == 0 || Read(folder)?.Made == made?.Made)
                {
                    files += count;
                    faults.AddRange(found.Select(f => new StoreFault(folder, made is null ? null : $"{made.Pipeline}: {made.Stage}", f)));
                    break;
                }
            }
        }
        // Names and records without content are few and small.
        faults.AddRange(ArtifactNames.PinsOf(store).Where(p => !ArtifactStore.IsKey(p.Key) || Read(ArtifactStore.FolderOf(store, p.Key)) is null)
            .Select(p => new StoreFault(Path.Combine(ArtifactNames.FolderOf(store), p.Name), null, $"the name '{p.Name}' means an artifact that is not there ({(p.Key.Length > 0 ? p.Key : "none")})")));
        faults.AddRange(RememberedRecord.Folders(store).SelectMany(f => RememberedRecord.Faults(f).Select(what => new StoreFault(f, null, what))));
        return new StoreCheck(artifacts.Count, files, bytes, faults);
    }

    private static StoredRecord? Read(string folder)
    {
        try
        {
            return StoredRecord.Read(folder);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What of one artifact's folder is not as its record has it.</summary>
    internal static IReadOnlyList<string> OfFolder(string folder)
    {
        var faults = new List<string>();
        Look(folder, Read(folder), faults, _ => { }, _ => { });
        return faults;
    }

    private static void Look(string folder, StoredRecord? record, List<string> faults, Action<string> onFile, Action<int> onRead)
    {
        if (record is null)
        {
            if (Directory.Exists(folder))
                faults.Add($"{StoredRecord.FileName} is missing or cannot be read");
            return;
        }
        try
        {
            if (Path.GetFileName(folder) != record.Key)
                faults.Add($"its folder is not named after its key {record.Key}");
            if (!record.SealHolds(folder))
                faults.Add($"{StoredRecord.FileName} is not as it was written");
            if (record.Beside is { } beside)
                faults.AddRange(Differences("", beside, StoredRecord.BesideOf(folder)));
            if (RememberedRecord.PreimageKey(folder) != record.Key)
                faults.Add($"{ArtifactStore.PreimageName} does not give its key");
            if (StoredRecord.FactsOf(record.Summary, Path.Combine(folder, ArtifactStore.MetricsName)) != record.FactsDigest)
                faults.Add($"its summary or {ArtifactStore.MetricsName} is not as it was recorded");
            var aside = Path.Combine(folder, ArtifactStore.QuarantineName);
            if ((File.Exists(aside) ? File.ReadLines(aside).LongCount() : 0) is var lines && lines != record.Quarantined)
                faults.Add($"{ArtifactStore.QuarantineName} has {lines:N0} rows, and {record.Quarantined:N0} were recorded");
            faults.AddRange(Content(Path.Combine(folder, ArtifactStore.FilesName), record, onFile, onRead));
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            faults.Add($"it cannot be read: {closed.Message}");
        }
    }

    private static IEnumerable<string> Differences(string folder, IReadOnlyDictionary<string, string> then, IReadOnlyDictionary<string, string> now) =>
    [
        .. then.Where(f => !now.ContainsKey(f.Key)).Select(f => $"{folder}{f.Key} is missing"),
        .. now.Where(f => !then.ContainsKey(f.Key)).Select(f => $"{folder}{f.Key} is one too many"),
        .. now.Where(f => then.TryGetValue(f.Key, out var was) && was != f.Value).Select(f => $"{folder}{f.Key} holds other bytes than were recorded"),
    ];

    private static IEnumerable<string> Content(string folder, StoredRecord record, Action<string> onFile, Action<int> onRead)
    {
        if (!Directory.Exists(folder))
            return ["its files are gone"];
        var now = new Dictionary<string, string>(StringComparer.Ordinal);
        var digest = ContentDigest.OfFolder(folder, (name, alone) =>
        {
            now.Add(name, alone);
            onFile(name);
        }, onRead);
        if (digest == record.Digest && record.InputDigest is { } told && told != StoredRecord.InputDigestOf(record.Kind, now))
            return ["the digest by which it enters keys is not that of its files"];
        if (digest == record.Digest)
            return record.Damage(Path.GetDirectoryName(folder)!) is { } damage ? [$"files/{damage}"] : [];
        List<string> faults = record.Files is not { } then ? [] : [.. Differences("files/", then, now)];
        return faults.Count > 0 ? faults : [$"its {now.Count} files are not what was recorded; which of them, its record does not tell"];
    }
}

/// <summary>Something of an artifact that is not as its record has it.</summary>
/// <param name="Folder">The artifact's.</param>
/// <param name="Stage"><c>pipeline: stage</c>; null where there is no record to tell it.</param>
/// <param name="What">In words.</param>
public sealed record StoreFault(string Folder, string? Stage, string What);
