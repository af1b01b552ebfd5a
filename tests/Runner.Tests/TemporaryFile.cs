namespace DataflowRlhf.Runner.Tests;

/// <summary>A file that goes with the test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public TemporaryFile(string extension, string content)
    {
        Path = System.IO.Path.Combine(Directory.CreateTempSubdirectory("runner-").FullName, "file" + extension);
        File.WriteAllText(Path, content);
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(System.IO.Path.GetDirectoryName(Path)!, recursive: true);
}
