using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Commands;
using DataflowRlhf.Runner.Views;
using Spectre.Console;

namespace DataflowRlhf.Runner;

/// <summary>Runs a graph under the right view and turns its end into an exit code.</summary>
internal static class Execution
{
    public static async Task<int> RunAsync(PipelineGraph graph, RunOptions options, string storeFolder, bool json, bool quiet = false)
    {
        using var store = Common.Open(storeFolder);
        if (store is null || !SliceOptions.Begins(graph, store, options))
            return ExitCode.Wrong;
        using var interruption = new Interruption();
        var started = TimeProvider.System.GetTimestamp();
        await using IRunView view = json ? new JsonView(Console.Out, TimeProvider.System)
            : quiet ? new QuietView(Console.Error)
            : AnsiConsole.Profile.Capabilities is { Interactive: true, Ansi: true } && !Console.IsOutputRedirected ? new LiveView(AnsiConsole.Console, TimeProvider.System, plan => Estimates.Of(plan, new RunHistory(storeFolder).Recent(PlanCommand.RunsToLearnFrom), options.Device))
            : new PlainView(Console.Out, TimeProvider.System);
        using var stopping = interruption.Token.Register(view.Stopping);
        using var journal = RunJournal.Begin(storeFolder, graph, options.Device, TimeProvider.System);
        var result = await view.WatchAsync(() => new Engine(store, TimeProvider.System).RunAsync(graph, options, new Observers(view, journal), interruption.Token));
        view.Finish(result, TimeProvider.System.GetElapsedTime(started));
        if (!result.Began && !json)
            await Console.Error.WriteLineAsync($"Nothing was run: {result.Message}");
        var exit = result.Outcome switch
        {
            RunOutcome.Done => ExitCode.Done,
            RunOutcome.Interrupted => ExitCode.Interrupted,
            _ when !result.Began => ExitCode.Wrong,
            _ => ExitCode.StageFailed,
        };
        journal.End(result, exit);
        if (journal.Problem is { } problem)
            await Console.Error.WriteLineAsync($"The run {journal.Id} could not be remembered: {problem}");
        return exit;
    }
}
