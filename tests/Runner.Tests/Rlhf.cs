using System.Diagnostics;
using Spectre.Console;

namespace DataflowRlhf.Runner.Tests;

/// <summary>The program as a user starts it, in a folder of its own.</summary>
internal sealed class Rlhf : IDisposable
{
    private static readonly string Assembly = Path.Combine(AppContext.BaseDirectory, "rlhf.dll");
    private static readonly SemaphoreSlim Turn = new(1, 1);

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
            StartInfo = new ProcessStartInfo("dotnet", [Assembly, .. arguments]) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true },
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

    /// <summary>The same within this process, which starts nothing and so is far quicker. One at a time: a process has one console and one current folder.</summary>
    public async Task<(int Exit, string Out, string Error)> HereAsync(params string[] arguments)
    {
        await Turn.WaitAsync();
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var before = (Environment.CurrentDirectory, Console.Out, Console.Error, AnsiConsole.Console);
        try
        {
            Environment.CurrentDirectory = Folder;
            Console.SetOut(output);
            Console.SetError(error);
            // As in a pipe, also where these tests run on a terminal.
            AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(output) });
            var exit = await Program.Main(arguments);
            var said = output.ToString();
            return (exit, said.EndsWith('\n') ? said[..^1] : said, error.ToString());
        }
        finally
        {
            Console.SetOut(before.Out);
            Console.SetError(before.Error);
            (Environment.CurrentDirectory, AnsiConsole.Console) = (before.CurrentDirectory, before.Console);
            Turn.Release();
        }
    }

    /// <summary>Stage → digest of everything in a store.</summary>
    public Dictionary<string, string> Digests(string store)
    {
        using var opened = DataflowRlhf.Graph.ArtifactStore.Open(Path.Combine(Folder, store), TimeProvider.System);
        return opened.List().ToDictionary(a => a.Stage, a => a.Digest);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
