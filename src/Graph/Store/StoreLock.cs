namespace DataflowRlhf.Graph;

/// <summary>
/// A lock that its process cannot outlive: an open file that nobody else may open. Where a <see cref="Lease"/> comes with it, others can tell who has it,
/// and take it over from one that has not been heard of for long (a stopped process, a machine that is gone from a network's disk).
/// </summary>
internal sealed class StoreLock : IDisposable
{
    private const int InUse = 11; // Linux's EWOULDBLOCK; elsewhere the file itself tells
    private const int MostTries = 100; // On a disk that numbers its files anew each time.
    private readonly FileStream? held;
    private readonly Lease? lease;
    private bool over;

    private StoreLock(FileStream? held, Lease? lease)
    {
        this.held = held;
        this.lease = lease;
    }

    /// <summary>The lock, or null while another has it.</summary>
    public static StoreLock? TryTake(string file) => Open(file) is { } mine ? new StoreLock(mine, null) : null;

    /// <summary>The lock with a lease, or null while another has it and is heard of.</summary>
    public static StoreLock? TryTakeLeased(string file, TimeProvider time)
    {
        var mine = Open(file);
        Lease? lease = null;
        try
        {
            lease = Lease.TryTake(file, mine is not null, time);
            return lease is null ? null : new StoreLock(mine, lease);
        }
        finally
        {
            if (lease is null)
                mine?.Dispose(); // Also where the lease could not be written: else this process would wait for itself.
        }
    }

    /// <summary>Whether who has a lock may delete its file: only where <see cref="Open"/> sees that the file which it locked has its name no more.</summary>
    public static bool MayBeCleared => OperatingSystem.IsLinux();

    /// <summary>Whether it still holds; one that was given back is not asked.</summary>
    /// <exception cref="StageException">Another has taken it over meanwhile.</exception>
    public void Check()
    {
        if (!over)
            lease?.Check();
    }

    /// <summary>Whether a file could not be opened because another has it, rather than for want of a folder or of rights.</summary>
    public static bool IsTaken(IOException problem, string file) => OperatingSystem.IsLinux() ? problem.HResult == InUse : File.Exists(file);

    public void Dispose()
    {
        over = true;
        lease?.Dispose();
        held?.Dispose();
    }

    private static FileStream? Open(string file)
    {
        try
        {
            for (var tries = 1; ; tries++)
            {
                var mine = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                if (HasItsName(mine, file) || tries == MostTries)
                    return mine;
                mine.Dispose(); // Its last owner deleted it between its opening and its locking: others lock a new one.
            }
        }
        catch (IOException taken) when (IsTaken(taken, file))
        {
            return null;
        }
    }

    /// <summary>Whether an open file is still the one of its name.</summary>
    internal static bool HasItsName(FileStream mine, string file)
    {
        if (!MayBeCleared)
            return true;
        try
        {
            return FileState.Of(mine.SafeFileHandle).Inode == FileState.Of(file).Inode;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }
}
