using System.Collections.Concurrent;

namespace DataflowRlhf.Graph;

/// <summary>The locks of a store's keys: whoever makes an artifact holds its key's.</summary>
/// <param name="folder"><c>locks/</c> of the store.</param>
internal sealed class StoreLocks(string folder, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private readonly ConcurrentDictionary<string, StoreLock> taken = new();

    public string Folder => folder;

    /// <summary>The lock of a key, or null while another has it.</summary>
    public StoreLock? TryTake(string key) => StoreLock.TryTakeLeased(Path.Combine(folder, key), time) is { } mine ? taken[key] = mine : null;

    /// <summary>Waits until no other run makes this key.</summary>
    public async Task<StoreLock> TakeAsync(string key, Action onWait, CancellationToken stopping)
    {
        for (var tries = 0; ; tries++)
        {
            if (TryTake(key) is { } held)
                return held;
            if (tries == 0)
                onWait();
            await Task.Delay(Pause, time, stopping);
        }
    }

    /// <summary>Who has the lock of a key, in words that go on from a sentence: <c> (pid 123 on trainer, since 2026-11-21 10:40 UTC)</c>; empty where it is not known.</summary>
    public string Holder(string key) => Lease.Current(Path.Combine(folder, key)) is { } holder ? $" ({holder})" : "";

    /// <exception cref="StageException">This run had the key's lock and has lost it.</exception>
    public void Check(string key)
    {
        if (taken.TryGetValue(key, out var mine))
            mine.Check();
    }
}
