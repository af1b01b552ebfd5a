namespace DataflowRlhf.Graph;

/// <summary>Clears away artifacts, and records of artifacts elsewhere, by who needs them.</summary>
/// <param name="limit">What was used since then stays.</param>
internal sealed class ArtifactSweep(ArtifactStore store, Ancestry ancestry, GarbageOptions options, DateTimeOffset limit, GarbageBin bin, CancellationToken stopping)
{
    private readonly Dictionary<string, string> kept = [];
    private readonly HashSet<string> freed = [];

    /// <summary>How many artifacts stay, by the reason.</summary>
    public IReadOnlyDictionary<string, int> Kept => kept.Values.GroupBy(r => r).ToDictionary(r => r.Key, r => r.Count());

    public void Mark(string reason, IEnumerable<string> keys)
    {
        var there = keys.Where(ancestry.Records.ContainsKey).ToList();
        foreach (var key in there)
            kept.TryAdd(key, reason);
        foreach (var input in ancestry.WithInputs(there).Where(ancestry.Records.ContainsKey))
            kept.TryAdd(input, "made from");
    }

    public void MarkRecent() => Mark("recent", ancestry.Records.Values.Where(r => r.UsedIn(store.FolderOf(r.Key)) >= limit).Select(r => r.Key));

    /// <summary>The youngest first: where one turns out to be in use after all, nothing that it was made from is gone yet.</summary>
    public void Artifacts()
    {
        foreach (var record in ancestry.Records.Values.OrderByDescending(r => r.Made).ThenBy(r => r.Key, StringComparer.Ordinal))
        {
            stopping.ThrowIfCancellationRequested();
            if (kept.ContainsKey(record.Key))
                continue;
            var folder = store.FolderOf(record.Key);
            var item = new GarbageItem("artifact", $"{record.Pipeline}:{record.Stage}", folder, record.UsedIn(folder), 0);
            string? gone;
            using (StoreGate.Close(store.Folder))
            {
                // Under the closed gate nobody can begin to use it: what was said until now is all.
                if (!Directory.Exists(folder))
                    continue; // Another gc was quicker.
                if (NeededNow(record) is { } reason)
                {
                    Mark(reason, [record.Key]);
                    continue;
                }
                item = item with { Bytes = bin.BytesOf(folder) };
                gone = bin.Take(folder, record.Key);
            }
            freed.Add(record.Key);
            bin.Tell(item, gone);
        }
    }

    /// <summary>What may have come about since the marking.</summary>
    private string? NeededNow(StoredRecord record) =>
        InUse().Contains(record.Key) ? "in use"
        : record.UsedIn(store.FolderOf(record.Key)) >= limit ? "recent"
        : store.Names.Pins.Any(p => p.Key == record.Key) ? "named"
        : store.Latest().Any(l => l.Key == record.Key && !options.Forget.Contains(l.Pipeline)) ? "latest" // A run that found it before we began may have ended since.
        : null;

    private HashSet<string> InUse() => Scratch.UsedByTheLiving(Path.Combine(store.Folder, "tmp"));

    /// <summary>Records of artifacts elsewhere from which nothing here was made. What a folder that cannot be read was made from is not known, so then all of them stay.</summary>
    public void Lineage()
    {
        var old = RememberedRecord.Folders(store.Folder).Where(f => UsedIn(f) < limit).ToList();
        if (old.Count == 0 || Unreadable() > 0)
            return;
        var gone = new List<(GarbageItem Item, string? Place)>();
        using (StoreGate.Close(store.Folder))
        {
            // An import brings the records first, and says that it uses them; one that ended meanwhile has left what was made from them.
            var now = new Ancestry(store);
            var needed = now.WithInputs(now.Records.Keys.Where(k => !freed.Contains(k)));
            needed.UnionWith(InUse());
            foreach (var folder in old.Where(f => Directory.Exists(f) && !needed.Contains(Path.GetFileName(f))))
            {
                var record = StoredRecord.Read(folder);
                var item = new GarbageItem("lineage", record is null ? Path.GetFileName(folder) : $"{record.Pipeline}:{record.Stage}", folder, UsedIn(folder), bin.BytesOf(folder));
                gone.Add((item, bin.Take(folder, Path.GetFileName(folder) + ".lineage")));
            }
        }
        foreach (var (item, place) in gone)
            bin.Tell(item, place);
    }

    /// <summary>Folders without a record that can be read.</summary>
    public int Unreadable() => StoreState.ArtifactFolders(store.Folder).Count(a => !ancestry.Records.ContainsKey(Path.GetFileName(a)) && StoredRecord.Read(a) is null);

    /// <summary>The keys of all that stays.</summary>
    public HashSet<string> Staying() => [.. StoreState.ArtifactFolders(store.Folder).Select(a => Path.GetFileName(a)).Where(k => !freed.Contains(k))];

    private static DateTimeOffset UsedIn(string folder) => new(Directory.GetLastWriteTimeUtc(folder), TimeSpan.Zero);
}
