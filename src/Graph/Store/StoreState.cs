namespace DataflowRlhf.Graph;

/// <summary>What a store's folder holds, counted without opening the store: nothing is made, moved or cleared away.</summary>
/// <param name="Artifacts">Finished ones.</param>
/// <param name="Unreadable">Folders in their place without a record that can be read.</param>
/// <param name="Bytes">Of all artifacts.</param>
/// <param name="Checkpoints">Trainings that a run would go on with.</param>
/// <param name="CheckpointBytes">Of all checkpoints.</param>
/// <param name="Running">Runs that are alive now.</param>
/// <param name="Leftovers">Folders that runs which died have left; the next run clears them away.</param>
public sealed record StoreState(int Artifacts, int Unreadable, long Bytes, int Checkpoints, long CheckpointBytes, int Running, int Leftovers)
{
    /// <exception cref="StageException">There is no store in the folder.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static StoreState Of(string store)
    {
        var artifacts = ArtifactFolders(store);
        var finished = artifacts.Count(a => StoredRecord.Read(a) is not null);
        var checkpoints = Folders(Path.Combine(store, "checkpoints")).Where(c => Directory.EnumerateFileSystemEntries(c).Any()).ToList();
        var temporary = Folders(Path.Combine(store, "tmp"));
        var alive = temporary.Count(Scratch.IsAlive);
        return new StoreState(
            finished, artifacts.Count - finished, artifacts.Sum(a => Size(a).Bytes), checkpoints.Count, checkpoints.Sum(c => Size(c).Bytes), alive, temporary.Count - alive);
    }

    /// <summary>The folders in which artifacts stand, by their keys.</summary>
    /// <exception cref="StageException">There is no store in the folder.</exception>
    internal static List<string> ArtifactFolders(string store)
    {
        var root = Path.Combine(Path.GetFullPath(store), "artifacts");
        if (!Directory.Exists(root))
            throw new StageException($"there is no store in {store}.");
        return [.. Directory.EnumerateDirectories(root).SelectMany(Directory.EnumerateDirectories).Order(StringComparer.Ordinal)];
    }

    /// <summary>The bytes and files below a folder; nothing where there is none, or where it goes meanwhile.</summary>
    internal static (long Bytes, long Files) Size(string folder)
    {
        try
        {
            var lengths = FolderTree.Files(folder).Select(f => new FileInfo(f).Length).ToList();
            return (lengths.Sum(), lengths.Count);
        }
        catch (Exception gone) when (gone is DirectoryNotFoundException or FileNotFoundException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    private static List<string> Folders(string folder) => Directory.Exists(folder) ? [.. Directory.EnumerateDirectories(folder)] : [];
}
