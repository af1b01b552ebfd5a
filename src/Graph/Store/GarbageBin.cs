namespace DataflowRlhf.Graph;

/// <summary>What went so far, or would go.</summary>
/// <param name="onFreed">Told each thing as it goes.</param>
internal sealed class GarbageBin(ArtifactStore store, GarbageOptions options, Action<GarbageItem>? onFreed)
{
    private readonly List<GarbageItem> freed = [];
    private readonly Dictionary<ulong, uint> linked = [];

    public IReadOnlyList<GarbageItem> Freed => freed;

    /// <summary>Takes a folder from its place by one rename: what is killed then leaves nothing half deleted there.</summary>
    /// <param name="name">Of its own among all that goes.</param>
    /// <returns>Where it is now, for <see cref="Tell"/>; null in a dry run.</returns>
    public string? Take(string folder, string name)
    {
        if (options.DryRun)
            return null;
        var gone = store.Scratch.Gone(name);
        Directory.Move(folder, gone);
        return gone;
    }

    /// <param name="gone">A folder to delete; null: none.</param>
    public void Tell(GarbageItem item, string? gone = null)
    {
        freed.Add(item);
        onFreed?.Invoke(item);
        if (gone is not null)
            Directory.Delete(gone, recursive: true);
    }

    /// <summary>What a folder's going frees: a file that has other names counts with the last of them, what a link points at not at all.</summary>
    public long BytesOf(string folder)
    {
        var bytes = 0L;
        foreach (var file in FolderTree.Files(folder).Where(f => new FileInfo(f).LinkTarget is null))
        {
            var state = FileState.Of(file);
            if (state.Links <= 1 || (linked[state.Inode] = linked.GetValueOrDefault(state.Inode) + 1) == state.Links)
                bytes += state.Bytes;
        }
        return bytes;
    }
}
