namespace DataflowRlhf.Graph;

/// <summary>
/// Clears away what nobody needs: artifacts that are not named, no stage's latest, not recently used, not in use by a living run, and from which nothing of these was made;
/// checkpoints and logs that are as old. What language models answered always stays.
/// </summary>
/// <param name="Freed">In the order of their going.</param>
/// <param name="Kept">How many artifacts stay, by the reason for it: <c>named</c>, <c>latest</c>, <c>recent</c>, <c>in use</c>, <c>made from</c> (something of these was).</param>
/// <param name="Unreadable">Folders without a record that can be read: they stay, too.</param>
public sealed record GarbageCollection(IReadOnlyList<GarbageItem> Freed, IReadOnlyDictionary<string, int> Kept, int Unreadable)
{
    public long Bytes => Freed.Sum(f => f.Bytes);

    /// <param name="onFreed">Told each thing as it goes.</param>
    /// <exception cref="StageException">A pipeline to forget is not in the store.</exception>
    public static GarbageCollection Run(ArtifactStore store, GarbageOptions options, Action<GarbageItem>? onFreed, CancellationToken stopping)
    {
        var limit = store.Time.GetUtcNow() - options.Keep;
        var latest = store.Latest();
        if (options.Forget.FirstOrDefault(f => latest.All(l => l.Pipeline != f)) is { } unknown)
            throw new StageException($"The store knows no pipeline '{unknown}' ({string.Join(", ", latest.Select(l => l.Pipeline).Distinct())}).{(Nearest.To(unknown, latest.Select(l => l.Pipeline)) is { } near ? $"  write: --forget {near}" : "")}");
        if (!options.DryRun)
            foreach (var pipeline in options.Forget)
                store.Index.Forget(pipeline);
        var sweep = new Sweep(store, new Ancestry(store), options, limit, onFreed, stopping);
        sweep.Mark("named", store.Names.Pins.Select(p => p.Key));
        sweep.Mark("latest", latest.Where(l => !options.Forget.Contains(l.Pipeline)).Select(l => l.Key));
        sweep.MarkRecent();
        sweep.Artifacts();
        sweep.Checkpoints();
        sweep.Logs();
        return sweep.Result();
    }

    private sealed class Sweep(ArtifactStore store, Ancestry ancestry, GarbageOptions options, DateTimeOffset limit, Action<GarbageItem>? onFreed, CancellationToken stopping)
    {
        private readonly Dictionary<string, string> kept = [];
        private readonly List<GarbageItem> freed = [];
        private readonly Dictionary<ulong, uint> linked = [];

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
                using (StoreGate.Close(store.Folder))
                {
                    // Under the closed gate nobody can begin to use it: what was said until now is all.
                    if (NeededNow(record) is { } reason)
                    {
                        Mark(reason, [record.Key]);
                        continue;
                    }
                    item = item with { Bytes = BytesOf(folder) };
                    if (!options.DryRun)
                        Directory.Move(folder, store.Scratch.Gone(record.Key));
                }
                Tell(item, store.Scratch.Gone(record.Key));
            }
        }

        /// <summary>What may have come about since the marking.</summary>
        private string? NeededNow(StoredRecord record) =>
            Scratch.UsedByTheLiving(Path.Combine(store.Folder, "tmp")).Contains(record.Key) ? "in use"
            : record.UsedIn(store.FolderOf(record.Key)) >= limit ? "recent"
            : store.Names.Pins.Any(p => p.Key == record.Key) ? "named"
            : store.Latest().Any(l => l.Key == record.Key && !options.Forget.Contains(l.Pipeline)) ? "latest" // A run that found it before we began may have ended since.
            : null;

        public void Checkpoints()
        {
            foreach (var folder in Directory.EnumerateDirectories(Path.Combine(store.Folder, "checkpoints")).Order(StringComparer.Ordinal))
            {
                stopping.ThrowIfCancellationRequested();
                // Whoever makes the artifact of a key holds its lock for as long.
                using var idle = store.TryLock(Path.GetFileName(folder));
                if (idle is null || Youngest(folder) is var used && used >= limit)
                    continue;
                var gone = store.Scratch.Gone(Path.GetFileName(folder) + ".checkpoint");
                var item = new GarbageItem("checkpoint", Path.GetFileName(folder), folder, used, BytesOf(folder));
                if (!options.DryRun)
                    Directory.Move(folder, gone);
                Tell(item, gone);
            }
        }

        public void Logs()
        {
            foreach (var file in new DirectoryInfo(store.LogFolder).EnumerateFiles().OrderBy(f => f.Name, StringComparer.Ordinal))
                if (new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero) is var used && used < limit)
                {
                    var item = new GarbageItem("log", file.Name, file.FullName, used, file.Length);
                    if (!options.DryRun)
                        file.Delete();
                    Tell(item, null);
                }
        }

        public GarbageCollection Result()
        {
            var artifacts = StoreState.ArtifactFolders(store.Folder);
            return new GarbageCollection(freed, kept.Values.GroupBy(r => r).ToDictionary(r => r.Key, r => r.Count()), artifacts.Count(a => !ancestry.Records.ContainsKey(Path.GetFileName(a)) && StoredRecord.Read(a) is null));
        }

        private void Tell(GarbageItem item, string? gone)
        {
            freed.Add(item);
            onFreed?.Invoke(item);
            if (!options.DryRun && gone is not null)
                Directory.Delete(gone, recursive: true);
        }

        private static DateTimeOffset Youngest(string folder)
        {
            var inner = Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Append(folder).Max(File.GetLastWriteTimeUtc);
            return new DateTimeOffset(inner, TimeSpan.Zero);
        }

        /// <summary>What its going frees: a file that has other names counts with the last of them.</summary>
        private long BytesOf(string folder)
        {
            var bytes = 0L;
            foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                var state = FileState.Of(file);
                if (state.Links <= 1 || (linked[state.Inode] = linked.GetValueOrDefault(state.Inode) + 1) == state.Links)
                    bytes += state.Bytes;
            }
            return bytes;
        }
    }
}
