namespace DataflowRlhf.Bench;

/// <summary>A signal at a moment: after a time, or as the store's folder has changed so many times (which is where writes, renames and commits are).</summary>
internal static class Disturbance
{
    private const int MostChanges = 700;

    /// <summary>Sends a signal at a moment drawn from <paramref name="random"/>, unless the run has ended before.</summary>
    public static async Task StrikeAsync(Victim victim, string store, int signal, Undisturbed undisturbed, Random random)
    {
        var kind = random.NextDouble();
        if (kind < 0.45)
        {
            await AtChangeAsync(victim, Path.GetDirectoryName(store)!, signal, 1 + random.Next(MostChanges));
            return;
        }
        var delay = kind < 0.55 ? random.NextDouble() * 0.1 : random.NextDouble() * undisturbed.Length.TotalSeconds;
        await Task.WhenAny(victim.Ended, Task.Delay(TimeSpan.FromSeconds(delay)));
        victim.Signal(signal);
    }

    private static async Task AtChangeAsync(Victim victim, string folder, int signal, int change)
    {
        var seen = 0;
        using var watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = true, InternalBufferSize = 64 << 10 };
        void Count()
        {
            if (Interlocked.Increment(ref seen) == change)
                victim.Signal(signal);
        }
        watcher.Created += (_, _) => Count();
        watcher.Changed += (_, _) => Count();
        watcher.Renamed += (_, _) => Count();
        watcher.Deleted += (_, _) => Count();
        watcher.EnableRaisingEvents = true;
        await victim.Ended;
    }
}
