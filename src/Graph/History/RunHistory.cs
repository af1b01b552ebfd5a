using System.Globalization;

namespace DataflowRlhf.Graph;

/// <summary>The runs that a store remembers. Looking changes nothing, and a store need not be opened for it.</summary>
/// <param name="store">The store's folder.</param>
public sealed class RunHistory(string store)
{
    private const string Last = "last";
    private const long TicksAPart = TimeSpan.TicksPerSecond / 4000; // of a second: three hexadecimal digits

    /// <summary>Where the runs are.</summary>
    public string Folder { get; } = Path.Combine(Path.GetFullPath(store), "runs");

    /// <summary>The newest runs, the newest first. Files that are no record are passed over.</summary>
    /// <param name="most">No more than so many are read.</param>
    public IEnumerable<RunRecord> Recent(int most = int.MaxValue) => Ids().Select(Read).OfType<RunRecord>().Take(most);

    /// <summary>The run that a word means: an id, its beginning or its end, <c>last</c>, <c>last~1</c> (the one before).</summary>
    /// <exception cref="StageException">The word means no run, or several.</exception>
    public RunRecord Find(string word) => TryFind(word) ?? throw new StageException(Ids().FirstOrDefault() is { } newest
        ? $"there is no run '{word}'; ids, last and last~1 are possible. The newest is {newest}.  See: rlhf status"
        : $"there is no run '{word}': the store {store} remembers no run yet.");

    /// <summary>As <see cref="Find"/>; null: the word means no run.</summary>
    /// <exception cref="StageException">The word means several.</exception>
    public RunRecord? TryFind(string word)
    {
        if (word == Last || word.StartsWith(Last + "~", StringComparison.Ordinal))
            return BackTo(word) is { } back ? Recent(back + 1).ElementAtOrDefault(back) : null;
        var ids = Ids().Where(i => i == word || (word.Length >= 3 && (i.StartsWith(word, StringComparison.Ordinal) || i.EndsWith("-" + word, StringComparison.Ordinal)))).ToList();
        return ids.Count switch
        {
            0 => null,
            1 => Read(ids[0]),
            _ when ids.Contains(word) => Read(word),
            _ => throw new StageException($"'{word}' means {ids.Count} runs ({string.Join(", ", ids.Take(4))}{(ids.Count > 4 ? ", …" : "")}).  write: {ids[0]}"),
        };
    }

    /// <summary>Whether the program of a run that has not ended is still there.</summary>
    public bool IsAlive(RunRecord run) => run.State == RunState.Running && IsAlive(run.Id);

    internal bool IsAlive(string id)
    {
        try
        {
            using var dead = new FileStream(LockOf(id), FileMode.Open, FileAccess.Read, FileShare.None);
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

    internal string FileOf(string id) => Path.Combine(Folder, id + ".json");

    internal string LockOf(string id) => Path.Combine(Folder, id + ".lock");

    /// <summary>An id of this moment that no run has, and its lock. The three last digits count the second's parts, so that ids sort by time.</summary>
    internal (string Id, StoreLock Held) Take(DateTimeOffset now)
    {
        Directory.CreateDirectory(Folder);
        var ticks = now.UtcTicks - now.UtcTicks % TicksAPart;
        while (true)
        {
            var moment = new DateTime(ticks, DateTimeKind.Utc);
            var id = $"{moment.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{ticks % TimeSpan.TicksPerSecond / TicksAPart:x3}";
            if (!File.Exists(FileOf(id)) && StoreLock.TryTake(LockOf(id)) is { } held)
                return (id, held);
            ticks += TicksAPart;
        }
    }

    private RunRecord? Read(string id) => RunRecord.Read(FileOf(id));

    private List<string> Ids() => Directory.Exists(Folder)
        ? [.. Directory.EnumerateFiles(Folder, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).OrderDescending(StringComparer.Ordinal)]
        : [];

    private static int? BackTo(string word) => word == Last ? 0
        : int.TryParse(word[(Last.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var back) && back < 1_000_000 ? back : null;
}
