namespace DataflowRlhf.Graph;

/// <summary>The folder in which an artifact comes to be; it disappears unless it is committed.</summary>
internal sealed class Workspace : IDisposable
{
    public Workspace(string folder)
    {
        Folder = folder;
        Directory.CreateDirectory(Files);
    }

    public string Folder { get; }

    /// <summary>What will be the artifact's content.</summary>
    public string Files => Path.Combine(Folder, ArtifactStore.FilesName);

    public string Beside(string name) => Path.Combine(Folder, name);

    public void Dispose()
    {
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }
}
