using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;
using Spectre.Console;

namespace DataflowRlhf.Runner.Tests;

/// <summary>A stage that goes on says behind what, in a pipe and on a terminal.</summary>
public sealed class ResumeViewTests : IDisposable
{
    private readonly TemporaryFile file = new(".yaml", "pipeline: small\nstages:\n  pairs: { uses: make-preferences }\n");

    public void Dispose() => file.Dispose();

    private GraphNode Node => PipelineFile.Check(file.Path, [], Commands.Common.Registry()).Graph!.Nodes[0];

    [Fact]
    public async Task In_a_pipe_it_is_a_line()
    {
        using var text = new StringWriter { NewLine = "\n" };
        await using var view = new PlainView(text, TimeProvider.System);
        view.Resumed(Node, 40, 100, "steps");
        view.Resumed(Node, 3072, null, "rows");
        text.ToString().Should().Be("  resume  pairs: goes on behind 40 of 100 steps\n  resume  pairs: goes on behind 3,072 rows\n");
    }

    [Fact]
    public async Task On_a_terminal_it_is_a_line_that_stays()
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        await using var view = new LiveView(console, TimeProvider.System, _ => new Dictionary<GraphNode, TimeEstimate>());
        await view.WatchAsync(() =>
        {
            view.Resumed(Node, 40, 100, "steps");
            return Task.FromResult(new RunResult(RunOutcome.Interrupted, new Dictionary<string, ArtifactRecord>(), [], "", null, null));
        });
        text.ToString().Should().Contain("  resume  pairs: goes on behind 40 of 100 steps");
    }
}
