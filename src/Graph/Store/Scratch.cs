namespace DataflowRlhf.Graph;

/// <summary>
/// A living store's own folder under <c>tmp</c>: workspaces, and artifacts set aside while a new one takes their place. Its lock dies with the process,
/// so that whoever opens the store next can tell what a run that died has left.
/// </summary>
internal sealed class Scratch : IDisposable
{
    private const string LockName = ".lock";
    private const string AsidePrefix = "aside-";
    private const string UsesName = "uses";
    private readonly Func<string, string> folderOf;
    private readonly StoreLock held;
    private readonly HashSet<string> uses = [];
    private int workspaces;

    /// <param name="root">The store's <c>tmp</c>.</param>
    /// <param name="folderOf">Where the artifact of a key is.</param>
    public Scratch(string root, Func<string, string> folderOf)
    {
        this.folderOf = folderOf;
        while (true)
        {
            Folder = Path.Combine(root, Guid.NewGuid().ToString("N"));
            Directory.CreateDirectory(Folder);
            try
            {
                var mine = StoreLock.TryTake(Path.Combine(Folder, LockName));
                if (mine is not null && Directory.Exists(Folder))
                {
                    held = mine;
                    return;
                }
                mine?.Dispose();
            }
            catch (DirectoryNotFoundException)
            {
                // Somebody who cleared up was quicker than the lock.
            }
        }
    }

    public string Folder { get; }

    public Workspace NewWorkspace() => new(Path.Combine(Folder, Interlocked.Increment(ref workspaces).ToString("000")));

    /// <summary>A file that is not there yet.</summary>
    public string NewFile() => Path.Combine(Folder, Interlocked.Increment(ref workspaces).ToString("000") + ".new");

    /// <summary>Where the artifact of a key stands while another takes its place.</summary>
    public string Aside(string key) => Path.Combine(Folder, AsidePrefix + key);

    /// <summary>Where what is to be deleted stands meanwhile: a kill in the middle leaves it here, never half of it in its place.</summary>
    public string Gone(string name) => Path.Combine(Folder, "gone-" + name);

    /// <summary>Whether a key was told to be in use.</summary>
    public bool IsUsed(string key)
    {
        lock (uses)
            return uses.Contains(key);
    }

    /// <summary>Tells all others, for as long as this process lives, that an artifact is in use. Only inside <see cref="StoreGate.Share"/>.</summary>
    public void Use(string key)
    {
        lock (uses)
        {
            if (uses.Contains(key))
                return;
            // A line of its own also behind one that a full disk cut off.
            File.AppendAllText(Path.Combine(Folder, UsesName), $"\n{key}\n");
            uses.Add(key);
        }
    }

    /// <summary>What living runs use. Only inside <see cref="StoreGate.Close"/> is it sure to be all.</summary>
    public static HashSet<string> UsedByTheLiving(string root) =>
        [.. Directory.EnumerateDirectories(root).Where(IsAlive).Select(f => Path.Combine(f, UsesName)).Where(File.Exists).SelectMany(Lines)];

    /// <summary>Clears away what dead runs have left under <paramref name="root"/>.</summary>
    public static void ClearDead(string root, Func<string, string> folderOf)
    {
        foreach (var folder in Directory.EnumerateDirectories(root))
            Leniently(() =>
            {
                using var dead = StoreLock.TryTake(Path.Combine(folder, LockName));
                if (dead is not null)
                    Clear(folder, folderOf);
            });
    }

    /// <summary>Whether the run that a folder belongs to is alive; looks, and touches nothing.</summary>
    public static bool IsAlive(string folder)
    {
        try
        {
            using var dead = new FileStream(Path.Combine(folder, LockName), FileMode.Open, FileAccess.Read, FileShare.None);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (Exception held) when (held is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    public void Dispose()
    {
        Leniently(() => Clear(Folder, folderOf));
        held.Dispose();
    }

    /// <summary>An artifact that was set aside goes back where no new one has taken its place; all else goes.</summary>
    private static void Clear(string folder, Func<string, string> folderOf)
    {
        foreach (var aside in Directory.EnumerateDirectories(folder, AsidePrefix + "*"))
        {
            var place = folderOf(Path.GetFileName(aside)[AsidePrefix.Length..]);
            // Whoever places a new one does so in the gate: it must not find its place taken between two steps.
            using (StoreGate.Close(Path.GetDirectoryName(Path.GetDirectoryName(folder))!))
                if (!Directory.Exists(place))
                    Directory.Move(aside, place);
        }
        Directory.Delete(folder, recursive: true);
    }

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception ended) when (ended is FileNotFoundException or DirectoryNotFoundException)
        {
            return []; // Its run has ended since.
        }
    }

    /// <summary>What belongs to another user, or is being cleared by another process, is left to them, or to who opens the store next.</summary>
    private static void Leniently(Action clear)
    {
        try
        {
            clear();
        }
        catch (Exception theirs) when (theirs is IOException or UnauthorizedAccessException)
        {
            // As the summary has it.
        }
    }
}
