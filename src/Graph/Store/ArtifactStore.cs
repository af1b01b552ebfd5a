using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace DataflowRlhf.Graph;

/// <summary>
/// Keeps every artifact under the hash of all that made it:
/// <c>artifacts/ab/abcd…/{files/, record.json, preimage.json, metrics.jsonl, quarantine.jsonl}</c>, <c>checkpoints/</c>, <c>tmp/</c>, <c>logs/</c>, <c>index.sqlite</c>.
/// An artifact comes to be by one rename, so that nobody ever sees half of one.
/// </summary>
public sealed class ArtifactStore : IDisposable
{
    internal const string FilesName = "files";
    internal const string PreimageName = "preimage.json";
    private const long LargestPreimage = 256L << 20;
    internal const string MetricsName = "metrics.jsonl";
    internal const string QuarantineName = "quarantine.jsonl";
    private readonly StoreIndex index;
    private readonly Scratch scratch;
    private readonly TimeProvider time;

    private ArtifactStore(string folder, StoreIndex index, TimeProvider time)
    {
        Folder = folder;
        this.index = index;
        this.time = time;
        scratch = new Scratch(Path.Combine(folder, "tmp"), FolderOf);
        Names = new ArtifactNames(this);
        Locks = new StoreLocks(Path.Combine(folder, "locks"), time);
    }

    public string Folder { get; }

    /// <summary>Told, while a big input file is read for its digest: its name, the bytes read and all that it has.</summary>
    public Action<string, long, long>? OnReading { get; set; }

    /// <summary>What artifacts can be called by.</summary>
    public ArtifactNames Names { get; }

    internal StoreLocks Locks { get; }

    /// <summary>Opens the store in a folder, which is made where there is none, and clears away what runs that died have left.</summary>
    /// <exception cref="StageException">Its index cannot be used.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static ArtifactStore Open(string folder, TimeProvider time)
    {
        folder = Path.GetFullPath(folder);
        foreach (var inner in (ReadOnlySpan<string>)["artifacts", "checkpoints", "tmp", "locks", "logs"])
            Durable.MakeFolder(Path.Combine(folder, inner));
        var file = Path.Combine(folder, "index.sqlite");
        StoreIndex index;
        try
        {
            index = new StoreIndex(file);
        }
        catch (SqliteException unusable)
        {
            throw new StageException(StoreIndex.Explain(unusable), unusable);
        }
        Scratch.ClearDead(Path.Combine(folder, "tmp"), key => FolderOf(folder, key));
        var store = new ArtifactStore(folder, index, time);
        if (!index.IsFilled)
            store.FillIndex();
        return store;
    }

    /// <summary>The artifact of a key, or null; one of which a file is missing or of another length is none, and is made anew. Until this store is disposed of, nobody clears it away.</summary>
    public ArtifactRecord? Find(string key)
    {
        if (!IsKey(key))
            return null;
        using var telling = scratch.IsUsed(key) ? null : Use(key);
        var folder = FolderOf(key);
        return StoredRecord.Read(folder) is { } record && record.Damage(folder) is null ? record.ToArtifact(folder) : null;
    }

    /// <summary>Why what was recorded under a key is no artifact any more: a file is missing, or of another length. Null: it is whole, or nothing was recorded.</summary>
    internal string? Damage(string key) => !IsKey(key) ? null : StoredRecord.Read(FolderOf(key))?.Damage(FolderOf(key));

    /// <summary>What is known of an artifact, even where its content is not here: an imported one brings the records of all that it was made from.</summary>
    public ArtifactRecord? Recall(string key) =>
        !IsKey(key) ? null : Find(key) ?? (RememberedRecord.FolderOf(Folder, key) is var folder ? StoredRecord.Read(folder)?.ToArtifact(folder) : null);

    /// <summary>Where the record of a key is: its artifact's folder, else where it is remembered; null: nowhere.</summary>
    internal string? RecordFolder(string key) =>
        ((string[])[FolderOf(key), RememberedRecord.FolderOf(Folder, key)]).FirstOrDefault(f => File.Exists(Path.Combine(f, StoredRecord.FileName)));

    /// <summary>Every artifact, by the time of its making.</summary>
    public IReadOnlyList<ArtifactRecord> List() => [.. Records().Select(r => r.ToArtifact(FolderOf(r.Key))).OrderBy(r => r.Made)];

    /// <summary>The key of the artifact that a pipeline's stage made or found last.</summary>
    public string? LatestKey(string pipeline, string stage) => index.LatestKey(pipeline, stage);

    /// <summary>What every pipeline's stages made or found last, in the order of their names.</summary>
    public IReadOnlyList<LatestArtifact> Latest() => index.Latest();

    /// <summary>A dataset's batches, in order.</summary>
    public IAsyncEnumerable<Batch> Read(ArtifactRecord artifact, CancellationToken stopping) => DatasetReader.Read(artifact.Folder, stopping);

    /// <summary>The curves that an artifact recorded.</summary>
    public IEnumerable<MetricPoint> Metrics(ArtifactRecord artifact)
    {
        var file = Path.Combine(FolderOf(artifact.Key), MetricsName);
        return File.Exists(file) ? MetricLog.Read(file) : [];
    }

    /// <summary>The lines of the rows that an artifact's stage put aside: JSON with <c>stage</c>, <c>reason</c>, <c>batch</c>, <c>row</c>, <c>cells</c>.</summary>
    public IEnumerable<string> Quarantine(ArtifactRecord artifact)
    {
        var file = Path.Combine(FolderOf(artifact.Key), QuarantineName);
        return File.Exists(file) ? File.ReadLines(file) : [];
    }

    internal void SetLatest(string pipeline, string stage, string key) => index.SetLatest(pipeline, stage, key);

    internal string FileDigest(string path) => FileMemo.Digest(path, index, time, OnReading);

    internal Preimage? PreimageOf(string key)
    {
        var file = Path.Combine(RecordFolder(key) ?? FolderOf(key), PreimageName);
        try
        {
            return File.Exists(file) ? Preimage.FromJson(PlainFile.ReadText(file, LargestPreimage)) : null;
        }
        catch (Exception damaged) when (damaged is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal Workspace NewWorkspace() => scratch.NewWorkspace();

    /// <summary>Where a file can be written that is to be renamed to its place; it goes with this run if it is not.</summary>
    internal string NewFile() => scratch.NewFile();

    internal string SharedFolder(string name) => Durable.MakeFolder(Path.Combine(Folder, name));

    /// <exception cref="StageException">This run had the key's lock and has lost it.</exception>
    internal string CheckpointFolder(string key)
    {
        Locks.Check(key);
        return CheckpointPath(key);
    }

    private string CheckpointPath(string key) => Path.Combine(Folder, "checkpoints", key);

    /// <summary>Whether something is kept from which an attempt at this key would go on.</summary>
    internal bool HasCheckpoint(string key)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(CheckpointFolder(key)).Any();
        }
        catch (DirectoryNotFoundException)
        {
            return false; // It may go at this very moment, as another run finishes.
        }
    }

    internal bool HasCheckpointFolder(string key) => Directory.Exists(CheckpointPath(key));

    internal string LogFolder => Path.Combine(Folder, "logs");

    /// <summary>Makes a finished workspace the artifact of its key, and its stage's latest.</summary>
    internal ArtifactRecord Commit(Workspace work, Preimage preimage, StoredRecord record)
    {
        File.WriteAllText(work.Beside(PreimageName), preimage.ToJson());
        record.Write(work.Folder);
        Place(work.Folder, record.Key);
        index.SetLatest(record.Pipeline, record.Stage, record.Key);
        var checkpoints = CheckpointFolder(record.Key);
        if (Directory.Exists(checkpoints))
            Directory.Delete(checkpoints, recursive: true);
        return record.ToArtifact(FolderOf(record.Key));
    }

    /// <summary>
    /// Brings a whole artifact's folder to its place. One that the key has already stands aside until the new one is there:
    /// a kill between the two renames loses neither, as whoever opens the store next puts it back.
    /// </summary>
    /// <param name="made">A folder of this store's <c>tmp</c>, with its record.</param>
    internal void Place(string made, string key)
    {
        var folder = FolderOf(key);
        var shelf = Path.GetDirectoryName(folder)!;
        Durable.FlushTree(made);
        Directory.CreateDirectory(shelf);
        Durable.Flush(Path.GetDirectoryName(shelf)!); // Also where it is there: who made it may have been killed before this.
        var aside = scratch.Aside(key);
        using (Use(key))
        {
            Locks.Check(key);
            if (Directory.Exists(folder))
                Directory.Move(folder, aside);
            Directory.Move(made, folder);
            StoredRecord.MarkUsed(folder, time.GetUtcNow());
        }
        Durable.Flush(shelf);
        if (Directory.Exists(aside))
            Directory.Delete(aside, recursive: true);
    }

    public void Dispose()
    {
        scratch.Dispose();
        index.Dispose();
    }

    /// <summary>Whether a text is a key as the store writes them: a file that was tampered with may hold anything.</summary>
    internal static bool IsKey(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Tells everybody that an artifact is in use from now on, and marks the day; what is used is not cleared away. To be held until it was looked at.</summary>
    internal IDisposable Use(string key)
    {
        var gate = StoreGate.Share(Folder);
        try
        {
            scratch.Use(key);
            StoredRecord.MarkUsed(FolderOf(key), time.GetUtcNow());
            return gate;
        }
        catch
        {
            gate.Dispose(); // Else whoever clears away would wait for this process's end.
            throw;
        }
    }

    internal string FolderOf(string key) => FolderOf(Folder, key);

    internal static string FolderOf(string store, string key) => Path.Combine(store, "artifacts", key[..2], key);

    internal Scratch Scratch => scratch;

    internal TimeProvider Time => time;

    internal StoreIndex Index => index;

    private void FillIndex()
    {
        List<LatestArtifact> newestFirst = [.. Records().OrderByDescending(r => r.Made).Select(r => new LatestArtifact(r.Pipeline, r.Stage, r.Key))];
        try
        {
            index.Fill(newestFirst);
        }
        catch (SqliteException unusable)
        {
            Dispose();
            throw new StageException(StoreIndex.Explain(unusable), unusable);
        }
    }

    internal IEnumerable<StoredRecord> Records() =>
        Directory.EnumerateDirectories(Path.Combine(Folder, "artifacts")).SelectMany(Directory.EnumerateDirectories).Select(StoredRecord.Read).OfType<StoredRecord>();
}
