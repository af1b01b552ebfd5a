using System.Text.Json;

namespace DataflowRlhf.Graph;

/// <summary><c>lineage/KEY/{record.json, preimage.json}</c>: what is known of an artifact whose content is elsewhere.</summary>
internal static class RememberedRecord
{
    public static string FolderOf(string store, string key) => Path.Combine(store, "lineage", key);

    public static IEnumerable<string> Folders(string store) => Path.Combine(store, "lineage") is var root && Directory.Exists(root) ? Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal) : [];

    /// <summary>Brings a record to its place, in use from then on until the store is disposed of.</summary>
    /// <param name="made">Its folder in the store's <c>tmp</c>, named by its key.</param>
    /// <returns>False where its key is known already.</returns>
    public static bool Place(ArtifactStore store, string made)
    {
        var key = Path.GetFileName(made);
        var place = FolderOf(store.Folder, key);
        Durable.FlushTree(made);
        var shelf = Durable.MakeFolder(Path.GetDirectoryName(place)!);
        using (store.Use(key))
            try
            {
                if (store.RecordFolder(key) is not null)
                    return false;
                Directory.Move(made, place);
            }
            catch (IOException) when (Directory.Exists(place))
            {
                return false; // Another import was quicker.
            }
        Durable.Flush(shelf);
        return true;
    }

    /// <summary>What of it does not fit together.</summary>
    public static IEnumerable<string> Faults(string folder)
    {
        if (StoredRecord.Read(folder) is not { } record)
            yield return $"{StoredRecord.FileName} is missing or cannot be read";
        else
        {
            if (record.Key != Path.GetFileName(folder) || PreimageKey(folder) != record.Key)
                yield return $"{ArtifactStore.PreimageName} or the folder's name does not give its key";
            if (!record.SealHolds(folder))
                yield return $"{StoredRecord.FileName} is not as it was written";
        }
    }

    /// <summary>The key that a folder's preimage gives; null where it cannot be read.</summary>
    public static string? PreimageKey(string folder)
    {
        try
        {
            return Preimage.FromJson(File.ReadAllText(Path.Combine(folder, ArtifactStore.PreimageName))).Key();
        }
        catch (Exception lost) when (lost is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }
}
