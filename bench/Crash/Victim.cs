using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace DataflowRlhf.Bench;

/// <summary>A run of the crash pipeline as a process of its own, at hand to be signalled.</summary>
internal sealed class Victim : IDisposable
{
    public const int Interrupt = 2, Abort = 6, Kill = 9, Fault = 11;
    private readonly Process process;
    private readonly Action<Victim, JsonElement> onEvent;
    private readonly Lock gate = new();
    private bool over;

    private Victim(ProcessStartInfo start, Action<Victim, JsonElement> onEvent)
    {
        this.onEvent = onEvent;
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment["OMP_NUM_THREADS"] = "1"; // Narrow models; and trials run side by side.
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        process = Process.Start(start)!;
        Ended = EndAsync();
    }

    /// <summary>The exit code, 128 and the signal where one ended it, and what it said on standard error.</summary>
    public Task<(int Exit, string Error)> Ended { get; }

    /// <summary>Stages that it made, by what the program said: key and digest.</summary>
    public List<(string Key, string Digest)> Made { get; } = [];

    /// <summary>Stages that went on from what was kept, as the plan and the stages say.</summary>
    public int Resumed { get; private set; }

    /// <summary>The message of a run that failed.</summary>
    public string? Message { get; private set; }

    /// <param name="often">Whether dataset stages keep their batches as often as they can.</param>
    /// <param name="trace">Where every call that changes a file is noted; null: nowhere.</param>
    /// <param name="onEvent">Told each event of the run as it is said.</param>
    public static Victim Start(string pipeline, string store, bool often, string? trace = null, Action<Victim, JsonElement>? onEvent = null)
    {
        string[] program = often ? [Beside("bench.dll"), "crash-child", pipeline, store] : [Beside("rlhf.dll"), "run", pipeline, "--store", store, "--json", "--device", "cpu"];
        var start = trace is null ? new ProcessStartInfo("dotnet", program) : new ProcessStartInfo("strace", [.. TraceLog.Command(trace), "dotnet", .. program]);
        start.WorkingDirectory = Path.GetDirectoryName(store)!;
        return new Victim(start, onEvent ?? ((_, _) => { }));
    }

    /// <summary>
    /// Sends a signal, unless it has ended. A fault goes on until it has: the runtime looks at the first one and returns to what has failed, which then fails again.
    /// </summary>
    public void Signal(int number)
    {
        if (Send(number) && number is Fault or Abort)
            _ = Task.Run(async () =>
            {
                while (Send(number))
                    await Task.Delay(5);
            });
    }

    /// <summary>Ctrl-C reaches the runs also where this program was begun in the background, which would have them not hear it.</summary>
    public static void HearInterrupts() => signal(Interrupt, 0);

    private bool Send(int number)
    {
        lock (gate)
            return !over && !process.HasExited && kill(process.Id, number) == 0;
    }

    public void Dispose()
    {
        lock (gate)
            over = true;
        process.Dispose();
    }

    private async Task<(int Exit, string Error)> EndAsync()
    {
        var error = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
            Hear(line);
        await process.WaitForExitAsync();
        return (process.ExitCode, await error);
    }

    private void Hear(string line)
    {
        JsonElement said;
        try
        {
            said = JsonDocument.Parse(line).RootElement;
        }
        catch (JsonException)
        {
            return; // Cut off by its end.
        }
        switch (said.GetProperty("event").GetString())
        {
            case "plan":
                Resumed += said.GetProperty("stages").EnumerateArray().Count(s => s.GetProperty("decision").GetString() == "resume");
                break;
            case "done" when !said.GetProperty("hit").GetBoolean():
                Made.Add((said.GetProperty("key").GetString()!, said.GetProperty("digest").GetString()!));
                break;
            case "end":
                Message = said.GetProperty("message").GetString();
                break;
        }
        onEvent(this, said);
    }

    private static string Beside(string name) => Path.Combine(AppContext.BaseDirectory, name);

    [DllImport("libc")]
    private static extern int kill(int process, int signal);

    [DllImport("libc")]
    private static extern nint signal(int number, nint action);
}
