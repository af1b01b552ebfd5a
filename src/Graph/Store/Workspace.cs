namespace DataflowRlhf.Graph;

/// <summary>The folder in which an artifact comes to be; it disappears unless it is committed.</summary>
internal sealed class Workspace : IDisposable
{
    public const string LockName = ".lock";
    private readonly StoreLock held;

    public Workspace(string folder)
    {
        Folder = folder;
        Directory.CreateDirectory(Files);
        held = StoreLock.TryTake(Path.Combine(folder, LockName)) ?? throw new IOException($"{folder} belongs to another run.");
    }

    public string Folder { get; }

    /// <summary>What will be the artifact's content.</summary>
    public string Files => Path.Combine(Folder, ArtifactStore.FilesName);

    public string Beside(string name) => Path.Combine(Folder, name);

    /// <summary>Gives up the lock: the next step is the rename.</summary>
    public void Release()
    {
        held.Dispose();
        File.Delete(Path.Combine(Folder, LockName));
    }

    public void Dispose()
    {
        held.Dispose();
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }
}
