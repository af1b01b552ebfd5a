using DataflowRlhf.Graph;

namespace DataflowRlhf.Runner.Views;

/// <summary>Shows a run to a person or a machine.</summary>
internal interface IRunView : IRunObserver, IAsyncDisposable
{
    /// <summary>Runs under this view.</summary>
    Task<RunResult> WatchAsync(Func<Task<RunResult>> run);

    /// <summary>Somebody asked the run to stop; it goes on until each stage has finished its batch or step.</summary>
    void Stopping()
    {
    }

    /// <summary>The closing lines.</summary>
    void Finish(RunResult result, TimeSpan elapsed);
}
