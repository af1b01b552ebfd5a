namespace DataflowRlhf.Graph.Tests.Pipeline;

public sealed class PolicyTests
{
    private const string Head = "pipeline: p\nparams: { n: 3 }\nstages:\n  w: { uses: some-words }\n  ";

    private static StagePolicy Of(string keys, string uses = "uses: some-lengths, from: w") =>
        Some.Check(Head + $"a: {{ {uses}, {keys} }}\n").Graph!.Nodes[1].Policy;

    [Fact]
    public void Is_read_from_the_entry()
    {
        var policy = Of("retry: { times: 2, wait: 1m30s }, timeout: 2h, max-bad: 0.5 %, promises: [rows >= 1_000, \"accuracy>.65\", loss.last < 7e-1]");
        policy.Retries.Should().Be(2);
        policy.RetryWait.Should().Be(TimeSpan.FromSeconds(90));
        policy.Timeout.Should().Be(TimeSpan.FromHours(2));
        policy.MaxBad.Should().Be(new BadLimit(0.005, true));
        policy.Promises.Should().Equal(new Promise("rows", ">=", 1000), new Promise("accuracy", ">", 0.65), new Promise("loss.last", "<", 0.7));
    }

    [Fact]
    public void Takes_params_and_short_forms()
    {
        var policy = Of("retry: \"${n}\", timeout: \"${n}d\", max-bad: \"${n}0\", promises: { rows: [\">= ${n}\", \"< 10\"], seconds: \"< 60\" }");
        (policy.Retries, policy.RetryWait, policy.Timeout, policy.MaxBad).Should().Be((3, TimeSpan.FromSeconds(10), TimeSpan.FromDays(3), new BadLimit(30, false)));
        policy.Promises.Should().Equal(new Promise("rows", ">=", 3), new Promise("rows", "<", 10), new Promise("seconds", "<", 60));
        Of("promises: rows > 3").Promises.Should().Equal(new Promise("rows", ">", 3));
        Of("cache: true").Should().BeEquivalentTo(new StagePolicy());
    }

    [Fact]
    public void Is_each_item_s_and_each_round_s_own()
    {
        var graph = Some.Check(Head + "a: { uses: some-words, foreach: { i: 1..2 }, retry: \"${i}\" }\n  r: { repeat: 2, stages: { b: { uses: some-words, timeout: 5s } } }\n").Graph!;
        graph.Nodes.Select(n => n.Policy.Retries).Should().Equal(0, 1, 2, 0, 0);
        graph.Nodes.Select(n => n.Policy.Timeout?.TotalSeconds).Should().Equal(null, null, null, 5, 5);
    }

    [Theory]
    [InlineData("retry: often", "'often' is not a number of further attempts; 0 to 100", "retry: 3")]
    [InlineData("retry: 101", "0 to 100", "retry: 3")]
    [InlineData("retry: { tims: 3 }", "'tims' is not known here (times, wait)", "times: 3")]
    [InlineData("retry: { wait: 3s }", "does not say how often", "retry: { times: 3, wait: 10s }")]
    [InlineData("retry: []", "a number, or a map", "retry: { times: 3, wait: 10s }")]
    [InlineData("timeout: 90", "'90' has no unit", "timeout: 90s")]
    [InlineData("timeout: 0s", "1ms to 365d", "timeout: 2h")]
    [InlineData("timeout: 400d", "1ms to 365d", "timeout: 2h")]
    [InlineData("timeout: 30m1h", "'30m1h' is not a length of time", "timeout: 2h")]
    [InlineData("timeout: 1e999s", "is not a length of time", "timeout: 2h")]
    [InlineData("timeout: NaN", "is not a length of time", "timeout: 2h")]
    [InlineData("max-bad: 0.02", "not a number of rows (from 0) nor a share", "max-bad: 2%")]
    [InlineData("max-bad: 101%", "0% to 100%", "max-bad: 0.5%")]
    [InlineData("max-bad: 1e999", "not a number of rows", "max-bad: 0.5%")]
    [InlineData("promises: [1000 <= rows]", "has the number first", "rows >= 1000")]
    [InlineData("promises: [rows = 1000]", "'=' is not a sign", "rows == 1000")]
    [InlineData("promises: [rows => 1000]", "'=>' is not a sign", "rows >= 1000")]
    [InlineData("promises: [rows 1000]", "has no sign", "rows >= 1000")]
    [InlineData("promises: { rows: 1000 }", "has no sign", "rows >= 1000")]
    [InlineData("promises: [accuracy > 65%]", "is a percentage", "accuracy > 0.65")]
    [InlineData("promises: [accuracy > high]", "'high' is not a finite number", "accuracy > 1000")]
    [InlineData("promises: [accuracy > 1e999]", "is not a finite number", "accuracy > 1000")]
    [InlineData("promises: [my loss > 1]", "does not name one thing", "promises: [rows >= 1000]")]
    [InlineData("promises: [rows < 0]", "can never hold", "rows >= 0")]
    [InlineData("promises: [rows > 10, rows < 5]", "cannot hold together with 'rows > 10'", null)]
    [InlineData("promises: [[rows]]", "a promise is a text", "promises: [rows >= 1000]")]
    [InlineData("promise: [rows > 10]", "'promise' is not known in a stage", "promises: …")]
    public void Tells_what_is_wrong_and_what_to_write(string keys, string problem, string? write)
    {
        var mistake = Some.Check(Head + $"a: {{ uses: some-lengths, from: w, {keys} }}\n").Mistakes.Should().ContainSingle().Which;
        mistake.Text.Should().Contain(problem);
        mistake.Write.Should().Be(write);
        mistake.Line.Should().Be(5);
        mistake.Column.Should().BeGreaterThanOrEqualTo(37);
    }

    [Theory]
    [InlineData("max-bad: 1%", "a share of the rows that a stage leaves")]
    [InlineData("promises: [rows > 3]", "leaves no rows")]
    public void A_model_has_no_rows(string key, string problem) =>
        Some.Check(Head + $"l: {{ uses: some-lengths, from: w }}\n  m: {{ uses: some-model, from: l, {key} }}\n").Mistakes.Should().ContainSingle().Which.Text.Should().Contain(problem);

    [Fact]
    public void A_model_may_put_rows_aside_and_promise_its_curves() =>
        Some.Check(Head + "l: { uses: some-lengths, from: w }\n  m: { uses: some-model, from: l, max-bad: 3, promises: [loss.last < 0.7, quarantined < 4] }\n").Graph!.Nodes[2].Policy.MaxBad.Should().Be(new BadLimit(3, false));

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("1.5h", 5400)]
    [InlineData("1d 2h", 93600)]
    [InlineData("1h30m", 5400)]
    public void A_time_reads_and_writes(string text, double seconds)
    {
        Duration.Parse(text).Should().Be(TimeSpan.FromSeconds(seconds));
        Duration.Parse(Duration.Text(TimeSpan.FromSeconds(seconds))).Should().Be(TimeSpan.FromSeconds(seconds));
    }
}
