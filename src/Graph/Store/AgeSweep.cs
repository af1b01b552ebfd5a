namespace DataflowRlhf.Graph;

/// <summary>Clears away what is old and nobody works on: checkpoints, logs, records of runs, lock files.</summary>
/// <param name="limit">What was used since then stays.</param>
internal sealed class AgeSweep(ArtifactStore store, GarbageOptions options, DateTimeOffset limit, GarbageBin bin, CancellationToken stopping)
{
    public void Checkpoints()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.Combine(store.Folder, "checkpoints")).Order(StringComparer.Ordinal))
        {
            stopping.ThrowIfCancellationRequested();
            // Whoever makes the artifact of a key holds its lock for as long.
            using var idle = store.Locks.TryTake(Path.GetFileName(folder));
            if (idle is null || !Directory.Exists(folder) || Youngest(folder) is var used && used >= limit)
                continue;
            var item = new GarbageItem("checkpoint", Path.GetFileName(folder), folder, used, bin.BytesOf(folder));
            bin.Tell(item, bin.Take(folder, Path.GetFileName(folder) + ".checkpoint"));
        }
    }

    public void Logs()
    {
        foreach (var file in new DirectoryInfo(store.LogFolder).EnumerateFiles().OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            file.Refresh();
            if (!file.Exists || Used(file) is var used && used >= limit)
                continue;
            var item = new GarbageItem("log", file.Name, file.FullName, used, file.Length);
            if (!options.DryRun)
                file.Delete();
            bin.Tell(item);
        }
    }

    /// <summary>Each pipeline's last run stays, and those that made what is still there: how a stage stands and how long it takes are told from them.</summary>
    /// <param name="staying">The keys of all artifacts that stay.</param>
    public void Runs(HashSet<string> staying)
    {
        var history = new RunHistory(store.Folder);
        if (!Directory.Exists(history.Folder))
            return;
        var last = new HashSet<string>(options.Forget, StringComparer.Ordinal);
        // A run is its record, the lock beside it where it was killed, and a record that it was killed in writing.
        foreach (var run in new DirectoryInfo(history.Folder).EnumerateFiles().Where(IsOfRun).GroupBy(Id).OrderByDescending(r => r.Key, StringComparer.Ordinal))
        {
            stopping.ThrowIfCancellationRequested();
            List<FileInfo> files = [.. run.Where(f => f.Exists)];
            var record = RunRecord.Read(history.FileOf(run.Key));
            if (files.Count == 0 || record is null && files.Exists(f => f.Extension == ".json") // Of another version, or nobody's.
                || record is not null && (last.Add(record.Pipeline) || record.Stages.Any(s => s.State == StageState.Ran && s.Key is { } key && staying.Contains(key)))
                || files.Max(Used) is var used && used >= limit || history.IsAlive(run.Key))
                continue;
            var item = new GarbageItem("run", record is null ? run.Key : $"{run.Key} of {record.Pipeline}", history.FileOf(run.Key), used, files.Sum(f => f.Length));
            if (!options.DryRun)
                files.ForEach(f => f.Delete());
            bin.Tell(item);
        }
    }

    /// <summary>Lock files that nobody holds. Only where the system can tell whether the file that somebody has locked still has its name (<see cref="StoreLock"/>); elsewhere they stay.</summary>
    /// <returns>How many.</returns>
    public int Locks()
    {
        var count = 0;
        if (!StoreLock.MayBeCleared)
            return count;
        foreach (var file in new DirectoryInfo(store.Locks.Folder).EnumerateFiles().Where(f => ArtifactStore.IsKey(f.Name)))
        {
            stopping.ThrowIfCancellationRequested();
            if (Used(file) >= limit)
                continue;
            using var idle = store.Locks.TryTake(file.Name);
            if (idle is null)
                continue;
            count++;
            if (options.DryRun)
                continue;
            foreach (var half in Directory.EnumerateFiles(store.Locks.Folder, file.Name + ".*").Where(f => Path.GetFileName(f).Count(c => c == '.') == 2))
                File.Delete(half); // Of an owner that was killed as it wrote who it is.
            file.Delete(); // The last that is done under the lock: who comes now makes it anew.
        }
        return count;
    }

    private static string Id(FileInfo file) => file.Name.Split('.')[0];

    private static bool IsOfRun(FileInfo file) => file.Name[Id(file).Length..] is ".json" or ".lock" or ".json.tmp";

    private static DateTimeOffset Used(FileInfo file) => new(file.LastWriteTimeUtc, TimeSpan.Zero);

    private static DateTimeOffset Youngest(string folder)
    {
        var inner = FolderTree.Entries(folder).Append(folder).Max(File.GetLastWriteTimeUtc);
        return new DateTimeOffset(inner, TimeSpan.Zero);
    }
}
