namespace DataflowRlhf.Graph;

/// <summary>
/// Clears away what nobody needs: artifacts that are not named, no stage's latest, not recently used, not in use by a living run, and from which nothing of these was made;
/// records of artifacts elsewhere from which nothing that stays was made; checkpoints, logs, records of runs and lock files that are as old. What language models answered always stays.
/// </summary>
/// <param name="Freed">In the order of their going.</param>
/// <param name="Kept">How many artifacts stay, by the reason for it: <c>named</c>, <c>latest</c>, <c>recent</c>, <c>in use</c>, <c>made from</c> (something of these was).</param>
/// <param name="Unreadable">Folders without a record that can be read: they stay, too.</param>
/// <param name="Locks">Empty lock files that went, too.</param>
public sealed record GarbageCollection(IReadOnlyList<GarbageItem> Freed, IReadOnlyDictionary<string, int> Kept, int Unreadable, int Locks)
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
        var bin = new GarbageBin(store, options, onFreed);
        var sweep = new ArtifactSweep(store, new Ancestry(store), options, limit, bin, stopping);
        sweep.Mark("named", store.Names.Pins.Select(p => p.Key));
        sweep.Mark("latest", latest.Where(l => !options.Forget.Contains(l.Pipeline)).Select(l => l.Key));
        sweep.MarkRecent();
        sweep.Artifacts();
        sweep.Lineage();
        var aged = new AgeSweep(store, options, limit, bin, stopping);
        aged.Checkpoints();
        aged.Logs();
        aged.Runs(sweep.Staying());
        return new GarbageCollection(bin.Freed, sweep.Kept, sweep.Unreadable(), aged.Locks());
    }
}
