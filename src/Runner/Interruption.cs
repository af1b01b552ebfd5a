using System.Runtime.InteropServices;
using Spectre.Console;

namespace DataflowRlhf.Runner;

/// <summary>Ctrl-C and SIGTERM as a cancellation; a second Ctrl-C ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] signals;

    public Interruption() => signals =
        [PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop)];

    public CancellationToken Token => source.Token;

    private void Stop(PosixSignalContext context)
    {
        if (source.IsCancellationRequested)
        {
            if (!Console.IsOutputRedirected)
                AnsiConsole.Cursor.Show(); // A live view hides it.
            return;
        }
        context.Cancel = true;
        source.Cancel();
    }

    public void Dispose()
    {
        foreach (var signal in signals)
            signal.Dispose();
        source.Dispose();
    }
}
