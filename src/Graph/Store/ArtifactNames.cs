using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;

namespace DataflowRlhf.Graph;

/// <summary>
/// What an artifact can be called by: a pinned name (<c>good-reward</c>), a stage's latest (<c>quickstart:clean</c>, or <c>clean</c> where one pipeline has it),
/// or the beginning of its key (<c>3f9c0a</c>, six letters and more). Pinned names are files of their own, so they outlive the index.
/// </summary>
public sealed partial class ArtifactNames
{
    private const int ShortestKey = 6;
    private const int KeyLength = 64;
    private const int MostShown = 8;
    private readonly ArtifactStore store;
    private readonly string folder;

    internal ArtifactNames(ArtifactStore store)
    {
        this.store = store;
        folder = FolderOf(store.Folder);
    }

    /// <summary>Every pinned name, in ordinal order.</summary>
    public IReadOnlyList<Pin> Pins => PinsOf(store.Folder);

    /// <summary>The artifact that a text means.</summary>
    /// <exception cref="StageException">There is none, or more than one: with what was possible.</exception>
    public ArtifactRecord Find(string text)
    {
        if (Pins.FirstOrDefault(p => p.Name == text) is { } pin)
            return store.Find(pin.Key) ?? throw new StageException(store.Damage(pin.Key) is { } damage ? Damaged(text, damage) : $"'{text}' names {pin.Key}, and that is not in the store.  write: rlhf pin --remove {text}");
        if (KeyLetters().IsMatch(text))
            return ByKey(text);
        var latest = store.Latest();
        var meant = latest.Where(l => $"{l.Pipeline}:{l.Stage}" == text).ToList();
        if (meant.Count == 0)
            meant = [.. latest.Where(l => l.Stage == text)];
        return meant.Count switch
        {
            1 => store.Find(meant[0].Key) ?? throw new StageException(store.Damage(meant[0].Key) is { } damage ? Damaged(text, damage) : $"The artifact of '{text}' is gone from the store.  write: rlhf run, then again"),
            > 1 => throw new StageException($"'{text}' is a stage of {meant.Count} pipelines ({Few(meant.Select(m => m.Pipeline))}).  write: {meant[0].Pipeline}:{text}"),
            _ => throw Unknown(text, latest),
        };
    }

    /// <summary>Gives an artifact a name, for as long as it is not removed.</summary>
    /// <param name="move">Whether a name that means another artifact may be taken from it.</param>
    /// <exception cref="StageException">The name cannot be one, or means another artifact.</exception>
    public void Add(string name, ArtifactRecord artifact, bool move = false)
    {
        if (!PlainName().IsMatch(name))
            throw new StageException($"'{name}' cannot be a name: letters, digits, '.', '-' and '_', beginning with a letter or digit, at most 64.  write: good-model");
        if (KeyLetters().IsMatch(name))
            throw new StageException($"'{name}' cannot be a name, as it reads like the beginning of a key.  write: model-{name}");
        var before = Pins.FirstOrDefault(p => p.Name == name)?.Key;
        if (before == artifact.Key)
            return;
        if (before is not null && !move)
            throw new StageException($"'{name}' names {before[..Math.Min(12, before.Length)]} already.  write: --move, or another name");
        var half = store.NewFile();
        File.WriteAllText(half, artifact.Key + "\n");
        Durable.Flush(half);
        Durable.MakeFolder(folder);
        File.Move(half, Path.Combine(folder, name), overwrite: true);
        Durable.Flush(folder);
    }

    /// <summary>Takes a name away; its artifact stays until the next <c>gc</c> finds nothing else that keeps it.</summary>
    /// <exception cref="StageException">There is no such name.</exception>
    public void Remove(string name)
    {
        if (!Pins.Any(p => p.Name == name))
        {
            var near = Nearest.To(name, Pins.Select(p => p.Name));
            throw new StageException($"There is no name '{name}' ({(Pins.Count == 0 ? "no name is pinned" : Few(Pins.Select(p => p.Name)))}).{(near is null ? "" : $"  write: {near}")}");
        }
        File.Delete(Path.Combine(folder, name));
        Durable.Flush(folder);
    }

    internal static string FolderOf(string store) => Path.Combine(store, "names");

    /// <summary>Every stage's latest artifact in a store that is only looked at, not opened; nothing where there is none.</summary>
    public static IReadOnlyList<LatestArtifact> LatestOf(string store)
    {
        var file = Path.Combine(store, "index.sqlite");
        if (!File.Exists(file))
            return [];
        try
        {
            using var index = new StoreIndex(file);
            return index.Latest();
        }
        catch (SqliteException)
        {
            return []; // Whoever opens the store is told what is wrong with it.
        }
    }

    /// <summary>Every pinned name in a store that is only looked at, in ordinal order; nothing where there is none.</summary>
    public static IReadOnlyList<Pin> PinsOf(string store) => !Directory.Exists(FolderOf(store)) ? [] :
        [.. Directory.EnumerateFiles(FolderOf(store)).Where(f => PlainName().IsMatch(Path.GetFileName(f))).Order(StringComparer.Ordinal)
            .Select(f => (Name: Path.GetFileName(f), Key: Read(f))).Where(p => p.Key is not null).Select(p => new Pin(p.Name, p.Key!.Trim()))];

    /// <summary>Null where the name was taken away meanwhile.</summary>
    private static string? Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static string Damaged(string text, string damage) => $"The artifact of '{text}' is damaged: {damage}. A run of its pipeline makes it anew.  write: rlhf run, then again";

    private ArtifactRecord ByKey(string text)
    {
        if (text.Length == KeyLength)
            return store.Find(text) ?? throw Unknown(text, store.Latest());
        var shelf = Path.Combine(store.Folder, "artifacts", text[..2]);
        List<string> keys = Directory.Exists(shelf) ? [.. Directory.EnumerateDirectories(shelf, text + "*").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)] : [];
        if (keys.Count > 1)
            throw new StageException($"'{text}' begins {keys.Count} keys ({Few(keys.Select(k => k[..Math.Min(k.Length, text.Length + 6)]))}).  write: more of it");
        return (keys.Count == 1 ? store.Find(keys[0]) : null) ?? throw Unknown(text, store.Latest());
    }

    private StageException Unknown(string text, IReadOnlyList<LatestArtifact> latest)
    {
        var stages = latest.Select(l => $"{l.Pipeline}:{l.Stage}").ToList();
        List<string> possible = [.. Pins.Select(p => p.Name), .. stages];
        var near = Nearest.To(text, possible) ?? stages.FirstOrDefault(s => s.EndsWith(":" + Nearest.To(text, latest.Select(l => l.Stage)), StringComparison.Ordinal));
        return new StageException($"The store has no artifact '{text}'. Possible: a pinned name, pipeline:stage or the first {ShortestKey} letters of a key{(possible.Count == 0 ? "; it is empty" : $" ({Few(possible)})")}.{(near is null ? "" : $"  write: {near}")}");
    }

    private static string Few(IEnumerable<string> names)
    {
        var all = names.ToList();
        return all.Count <= MostShown ? string.Join(", ", all) : $"{string.Join(", ", all.Take(MostShown))} and {all.Count - MostShown} more";
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainName();

    [GeneratedRegex("^[0-9a-f]{6,64}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex KeyLetters();
}
