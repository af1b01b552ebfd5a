using System.Diagnostics;

namespace DataflowRlhf.Runner.Tests;

/// <summary>The program as a user starts it, in a folder of its own.</summary>
internal sealed class Rlhf : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "rlhf.dll");

    public string Folder { get; } = Directory.CreateTempSubdirectory("rlhf-").FullName;

    public string Write(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public Task<(int Exit, string Out, string Error)> RunAsync(params string[] arguments) => RunAsync(_ => { }, arguments);

    /// <summary>Runs to the end; <paramref name="onLine"/> sees each line of output with the process at hand.</summary>
    public async Task<(int Exit, string Out, string Error)> RunAsync(Action<(Process Process, string Line)> onLine, params string[] arguments)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [Program, .. arguments]) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true },
        };
        process.Start();
        var error = process.StandardError.ReadToEndAsync();
        var output = new List<string>();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            output.Add(line);
            onLine((process, line));
        }
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        return (process.ExitCode, string.Join('\n', output), await error);
    }

    /// <summary>Stage → digest of everything in a store.</summary>
    public Dictionary<string, string> Digests(string store)
    {
        using var opened = DataflowRlhf.Graph.ArtifactStore.Open(Path.Combine(Folder, store), TimeProvider.System);
        return opened.List().ToDictionary(a => a.Stage, a => a.Digest);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
