using System.Globalization;
using System.Text.Json;

namespace DataflowRlhf.Graph;

/// <summary>
/// A lock's owner, written down: <c>locks/KEY.EPOCH</c>, whose time is renewed every half minute. Each epoch's file can be made once only, so of two that take over one wins;
/// the older files go, by which a former owner that wakes up notices, at the latest as it commits.
/// </summary>
internal sealed class Lease : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(30);

    /// <summary>Not heard of for so long, an owner has lost it.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(5);
    private readonly string file;
    private readonly string path;
    private readonly LeaseOwner owner;
    private readonly TimeProvider time;
    private readonly ITimer heart;

    private Lease(string file, string path, LeaseOwner owner, TimeProvider time)
    {
        this.file = file;
        this.path = path;
        this.owner = owner;
        this.time = time;
        heart = time.CreateTimer(_ => Renew(), null, Beat, Beat);
    }

    /// <param name="file">The lock's.</param>
    /// <param name="alone">Whether the lock itself was free: on one machine nobody has it then.</param>
    /// <returns>Null while another has it.</returns>
    public static Lease? TryTake(string file, bool alone, TimeProvider time)
    {
        var epochs = Epochs(file);
        var last = epochs.Count > 0 ? epochs.Max() : 0;
        if (last == 0 ? !alone : !MayTake(LeaseOwner.Read(Name(file, last)), alone, time.GetUtcNow() - Heard(Name(file, last))))
            return null;
        var (path, me) = (Name(file, last + 1), LeaseOwner.Me(time.GetUtcNow()));
        if (!Make(path, me, time.GetUtcNow()))
            return null;
        var lease = new Lease(file, path, me, time);
        foreach (var epoch in epochs)
            File.Delete(Name(file, epoch));
        return lease;
    }

    /// <summary>Who has a lock; null: nobody, or it is not known.</summary>
    public static LeaseOwner? Current(string file) => Epochs(file) is { Count: > 0 } epochs ? LeaseOwner.Read(Name(file, epochs.Max())) : null;

    /// <exception cref="StageException">It was taken over.</exception>
    public void Check()
    {
        if (!IsMine())
            throw new StageException($"its lock was taken over{(Current(file) is { } now ? $" by {now}" : "")}, as nothing was heard of this run for {Silence.TotalMinutes:0} minutes (it was stopped, or its disk was away). What it made is dropped; run again, to find theirs.");
    }

    /// <summary>Tells that its owner lives.</summary>
    public void Renew()
    {
        try
        {
            if (IsMine())
                File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
        }
        catch (Exception away) when (away is IOException or UnauthorizedAccessException)
        {
            // Its disk is away; whether that was for too long is seen at the commit.
        }
    }

    public void Dispose()
    {
        heart.Dispose();
        if (IsMine())
            File.Delete(path);
    }

    /// <summary>Whole and with its time from its first moment on: one that is seen half would look abandoned.</summary>
    /// <returns>False where another was quicker.</returns>
    private static bool Make(string path, LeaseOwner owner, DateTimeOffset now)
    {
        var half = $"{path}.{owner.Token}";
        try
        {
            File.WriteAllText(half, JsonSerializer.Serialize(owner, StoredRecord.Json));
            File.SetLastWriteTimeUtc(half, now.UtcDateTime);
            if (Durable.Link(half, path) is { } made)
                return made;
            File.Copy(half, path); // This disk knows no second names.
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
        finally
        {
            File.Delete(half);
        }
    }

    private bool IsMine() => LeaseOwner.Read(path)?.Token == owner.Token;

    private static bool MayTake(LeaseOwner? owner, bool alone, TimeSpan silent) =>
        silent > Silence
        || (owner is null ? alone
            : owner.IsHere ? alone || owner.IsDead()
            : owner.WasHere && alone);

    private static DateTimeOffset Heard(string path) => new(File.GetLastWriteTimeUtc(path), TimeSpan.Zero);

    private static string Name(string file, long epoch) => $"{file}.{epoch.ToString(CultureInfo.InvariantCulture)}";

    private static List<long> Epochs(string file) =>
        [.. Directory.EnumerateFiles(Path.GetDirectoryName(file)!, Path.GetFileName(file) + ".*")
            .Where(f => f.Length > file.Length + 1) // The pattern takes the lock itself, too.
            .Select(f => long.TryParse(f.AsSpan(file.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) ? epoch : 0).Where(e => e > 0)];
}
