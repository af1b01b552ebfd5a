using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;
using Spectre.Console;

namespace DataflowRlhf.Runner.Tests;

/// <summary>What a run says on the way, in a pipe and on a terminal: behind what it goes on, what is left, that it stops.</summary>
public sealed class RunViewTests : IDisposable
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
    public async Task In_a_pipe_a_stage_tells_what_is_left()
    {
        var time = new HandTime();
        using var text = new StringWriter { NewLine = "\n" };
        await using var view = new PlainView(text, time);
        var node = Node;
        view.Started(node);
        view.Progressed(node, 900, 1000, "steps");
        time.Seconds += 10;
        view.Progressed(node, 910, 1000, "steps");
        text.ToString().Should().EndWith("  …       pairs: 910 of 1,000 steps  1:30 left\n");
    }

    [Fact]
    public async Task Asked_to_stop_it_says_what_it_waits_for()
    {
        using var text = new StringWriter { NewLine = "\n" };
        await using IRunView view = new PlainView(text, TimeProvider.System);
        view.Stopping();
        text.ToString().Should().Be("  stop    each stage finishes its batch or step, and what there is is kept; Ctrl-C again ends at once\n");
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
            view.Stopping();
            return Task.FromResult(new RunResult(RunOutcome.Interrupted, new Dictionary<string, ArtifactRecord>(), [], "", null, null));
        });
        text.ToString().Should().Contain("  resume  pairs: goes on behind 40 of 100 steps").And.Contain("Ctrl-C again ends at once");
    }

    private sealed class HandTime : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
