using DataflowRlhf.Runner.Views;
using Spectre.Console;

namespace DataflowRlhf.Runner.Tests;

/// <summary>What a terminal shows of a run: rows that fit, columns that stay, frames that leave nothing behind.</summary>
public sealed class LiveRowsTests
{
    private static readonly LiveRows.Row Streaming = new("tokens", 0.25, "13,600/54,400", "5,248 rows/s · 1.2M tokens/s", "0:07 left", "queue 8, 6 MB · blocked 7% · starved 12%");
    private static readonly LiveRows.Row Training = new("round[1].against-vanilla", null, "3/39", "0.7 steps/s", "", "loss 6.945");

    private static List<string> Plain(LiveRows table, int width, params LiveRows.Row[] rows) => [.. table.Lines(rows, width).Select(Markup.Remove)];

    [Theory]
    [InlineData(40)]
    [InlineData(79)]
    [InlineData(119)]
    [InlineData(200)]
    public void No_line_is_wider_than_the_terminal(int width) =>
        Plain(new LiveRows(), width, Streaming, Training).Should().AllSatisfy(l => l.Length.Should().BeLessThanOrEqualTo(width));

    [Fact]
    public void A_stage_has_one_row_where_there_is_room_and_two_where_not()
    {
        Plain(new LiveRows(), 119, Streaming).Should().Equal("tokens  ━━──────  13,600/54,400  5,248 rows/s · 1.2M tokens/s  0:07 left  queue 8, 6 MB · blocked 7% · starved 12%");
        Plain(new LiveRows(), 79, Streaming).Should().Equal(
            "tokens  ━━──────  13,600/54,400  0:07 left", "    5,248 rows/s · 1.2M tokens/s  queue 8, 6 MB · blocked 7% · starved 12%");
    }

    [Fact]
    public void Columns_stay_where_they_were()
    {
        var table = new LiveRows();
        var before = Plain(table, 200, Streaming, Training)[0];
        Plain(table, 200, Streaming)[0].Should().Be(before, "the longer name is gone, its room is not");
    }

    [Fact]
    public void A_frame_goes_over_the_last_one_line_by_line()
    {
        using var written = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(written) });
        (console.Profile.Width, console.Profile.Height) = (40, 6);
        var screen = new LiveScreen(console);
        screen.Draw([], ["1 of 3 stages", "tokens 12"]);
        written.GetStringBuilder().Clear();
        screen.Draw(["  done    a stage with a name that is longer than a line of this terminal"], ["2 of 3 stages"]);
        written.ToString().Should().Be("\r\u001b[2A  done    a stage with a name that is \u001b[K\nlonger than a line of this terminal\u001b[K\n2 of 3 stages\u001b[K\n\u001b[J");
        written.GetStringBuilder().Clear();
        screen.Draw([], [.. Enumerable.Range(1, 9).Select(i => $"row {i}")]);
        written.ToString().Should().StartWith("\r\u001b[1A").And.Contain("row 3").And.NotContain("row 4").And.Contain("… and 6 more lines");
    }

    [Fact]
    public void What_an_earlier_run_had_done_does_not_make_a_stage_fast()
    {
        var time = new Clock();
        var pace = new Pace(time);
        pace.Tell(900);
        pace.Rate().Should().BeNull("there is one point only");
        time.Seconds += 10;
        pace.Tell(910);
        pace.Rate().Should().BeApproximately(1, 1e-9);
        pace.Left(1000).Should().BeCloseTo(TimeSpan.FromSeconds(90), TimeSpan.FromMilliseconds(1));
        pace.Left(null).Should().BeNull();
    }

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
