using System.Text.Json.Nodes;
using DataflowRlhf.Graph.Tests.Run;

namespace DataflowRlhf.Graph.Tests.History;

public sealed class EstimatesTests
{
    private const string Stages = "  words: { uses: some-words, with: { count: 40 } }\n  lengths: { uses: some-lengths, from: words }";

    private static PlanEntry[] Plan(string stages) =>
        [.. TestGraph.Graph(stages).Nodes.Select(n => new PlanEntry(n, Decision.Run, "never ran", null))];

    private static RunRecord Run(params StageTrace[] stages) =>
        new(1, "20261121-113405-a3f", "probe", "probe.yaml", [], 7, "cpu", "1", "here", 1, DateTimeOffset.UnixEpoch) { State = RunState.Done, Stages = stages };

    private static StageTrace Trace(GraphNode node, double seconds, long rows, long? fed = null, params (string Option, JsonNode? Value)[] other)
    {
        var options = (JsonObject)node.OptionValues.DeepClone();
        foreach (var (option, value) in other)
            options[option] = value;
        return new StageTrace(node.Name, node.Kind.Name, options) { State = StageState.Ran, Seconds = seconds, Rows = rows, Fed = fed };
    }

    [Fact]
    public void The_middle_of_like_runs_is_the_estimate()
    {
        var plan = Plan(Stages);
        var times = Estimates.Of(plan, [Run(Trace(plan[0].Node, 3, 40)), Run(Trace(plan[0].Node, 90, 40)), Run(Trace(plan[0].Node, 5, 40))], "cpu");
        times.Should().ContainSingle("of the other stage nothing is known");
        times[plan[0].Node].Should().Be(new TimeEstimate(TimeSpan.FromSeconds(5), 3, Rough: false));
    }

    [Fact]
    public void It_is_scaled_by_the_rows_that_will_be()
    {
        var plan = Plan(Stages);
        // Ten words took a second, and their lengths two: forty take four times as long, and feed the lengths with forty.
        var times = Estimates.Of(plan, [Run(Trace(plan[0].Node, 1, 10, null, ("count", 10)), Trace(plan[1].Node, 2, 10, 10))], "cpu");
        times[plan[0].Node].Time.Should().Be(TimeSpan.FromSeconds(4));
        times[plan[0].Node].Rough.Should().BeTrue("it is scaled by more than three");
        times[plan[1].Node].Time.Should().Be(TimeSpan.FromSeconds(8));
    }

    [Fact]
    public void A_run_of_far_fewer_rows_says_less_than_one_of_as_many()
    {
        var plan = Plan(Stages);
        var few = Run(Trace(plan[0].Node, 1, 40), Trace(plan[1].Node, 1, 2, 2));
        var alike = Run(Trace(plan[0].Node, 1, 40), Trace(plan[1].Node, 1, 40, 40));
        Estimates.Of(plan, [few, alike], "cpu")[plan[1].Node].Should().Be(new TimeEstimate(TimeSpan.FromSeconds(1), 1, Rough: false), "what a stage takes to begin is not scaled by twenty");
        Estimates.Of(plan, [few], "cpu")[plan[1].Node].Time.Should().Be(TimeSpan.FromSeconds(20), "there is nothing better");
    }

    [Fact]
    public void Another_device_and_other_work_say_nothing()
    {
        var plan = Plan(Stages);
        Estimates.Of(plan, [Run(Trace(plan[0].Node, 3, 40)) with { Device = "cuda:0" }], "cpu").Should().BeEmpty();
        Estimates.Of(plan, [Run(Trace(plan[0].Node, 3, 1_000_000, null, ("count", 4)))], "cpu").Should().BeEmpty("a count of a tenth, which is not that of its rows, is other work");
        Estimates.Of(plan, [Run(Trace(plan[0].Node, 3, 40) with { State = StageState.Failed })], "cpu").Should().BeEmpty();
        Estimates.Of(plan, [Run(Trace(plan[0].Node, 3, 40) with { Resumed = true })], "cpu").Should().BeEmpty("it took no more than the rest");
        var other = Estimates.Of(plan, [Run(Trace(plan[0].Node, 3, 40, null, ("language", "Latin")))], "cpu");
        other[plan[0].Node].Rough.Should().BeTrue("an option was another");
    }

    [Theory]
    [InlineData(0.2, "< 1 s")]
    [InlineData(12.4, "12 s")]
    [InlineData(200, "3 min")]
    [InlineData(9000, "2.5 h")]
    [InlineData(260_000, "3 days")]
    public void A_time_is_told_no_finer_than_it_is_known(double seconds, string words) =>
        TimeEstimate.Words(TimeSpan.FromSeconds(seconds)).Should().Be(words);

    [Fact]
    public void Equal_options_win_over_a_siblings()
    {
        var plan = Plan(Stages);
        var times = Estimates.Of(plan, [Run(Trace(plan[0].Node, 50, 40, null, ("language", "Latin"))), Run(Trace(plan[0].Node, 7, 40) with { Stage = "sibling" })], "cpu");
        times[plan[0].Node].Should().Be(new TimeEstimate(TimeSpan.FromSeconds(7), 1, Rough: false));
    }
}
