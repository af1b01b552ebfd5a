namespace DataflowRlhf.Graph.Tests.Run;

public sealed class EngineTests : IDisposable
{
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    private static string Chain(string source, int salt = 0) => $$"""
          numbers: { uses: emit, with: { body: "{{source}}" } }
          doubled: { uses: double, from: numbers, with: { salt: {{salt}} } }
          model:   { uses: learn, from: doubled }
          report:  { uses: tell, from: [numbers, doubled, model] }
        """;

    [Fact]
    public async Task Finds_everything_the_second_time()
    {
        var pipeline = Chain(Probe.Numbers(5));
        var first = (await graph.RunAsync(pipeline)).Done();
        var second = (await graph.RunAsync(pipeline)).Done();
        first.Log.Ran.Should().BeEquivalentTo(["numbers", "doubled", "model", "report"]);
        second.Log.Ran.Should().BeEmpty();
        second.Log.Hits.Should().BeEquivalentTo(["numbers", "doubled", "model", "report"]);
        second["doubled"].Should().BeEquivalentTo(first["doubled"]);
        first["doubled"].Rows.Should().Be(50);
    }

    [Fact]
    public async Task An_option_reruns_its_stage_and_what_depends_on_it()
    {
        (await graph.RunAsync(Chain(Probe.Numbers(3)))).Done();
        var other = Chain(Probe.Map(b => b.With(Probe.Twice, b.Get(Probe.Number))), salt: 0).Replace("uses: double, from: numbers, with: { salt: 0 }", $"uses: double, from: numbers, with: {{ salt: 1, body: {Probe.Map(b => b.With(Probe.Twice, b.Get(Probe.Number)))} }}");
        var changed = (await graph.RunAsync(other)).Done();
        changed.Log.Hits.Should().Equal("numbers");
        changed.Log.Ran.Should().BeEquivalentTo(["doubled", "model", "report"]);
    }

    [Fact]
    public async Task An_unchanged_output_stops_the_wave()
    {
        (await graph.RunAsync(Chain(Probe.Numbers(3), salt: 0))).Done();
        graph.Plan(Chain(Probe.Numbers(3), salt: 1)).Select(p => (p.Node.Name, p.Decision)).Should().Equal(
            ("numbers", Decision.Hit), ("doubled", Decision.Run), ("model", Decision.Waits), ("report", Decision.Waits));
        var same = (await graph.RunAsync(Chain(Probe.Numbers(3), salt: 1))).Done();
        same.Log.Ran.Should().Equal("doubled");
        same.Log.Hits.Should().BeEquivalentTo(["numbers", "model", "report"]);
    }

    [Theory]
    [InlineData("config.json", false)]
    [InlineData("README.md", true)]
    public async Task A_models_card_alone_stales_nobody(string differs, bool stops)
    {
        string Pipeline(int salt) => $$"""
              numbers: { uses: emit }
              model:   { uses: learn, from: numbers, with: { salt: {{salt}}, body: {{Probe.Body(run => File.WriteAllTextAsync(Path.Combine(run.OutputFolder, "config.json"), differs == "config.json" ? $"{salt}" : "").ContinueWith(_ => File.WriteAllText(Path.Combine(run.OutputFolder, "README.md"), $"{salt}"), TaskScheduler.Default))}} } }
              refined: { uses: refine, from: model }
            """;
        (await graph.RunAsync(Pipeline(0))).Done();
        var again = (await graph.RunAsync(Pipeline(1))).Done();
        again.Log.Ran.Should().Equal(stops ? ["model"] : ["model", "refined"]);
        StoreCheck.Of(graph.StoreFolder, null, CancellationToken.None).Faults.Should().BeEmpty();
    }

    [Fact]
    public async Task The_plan_says_why()
    {
        graph.Plan(Chain(Probe.Numbers(3))).Select(p => p.Reason).Should().AllBe("never ran");
        (await graph.RunAsync(Chain(Probe.Numbers(3)))).Done();
        graph.Plan(Chain(Probe.Numbers(3))).Select(p => p.Decision).Should().AllBeEquivalentTo(Decision.Hit);
        graph.Plan(Chain(Probe.Numbers(3), salt: 9))[1].Reason.Should().Be("option salt: 0 → 9");
    }

    [Fact]
    public async Task A_consumer_starts_with_its_producer()
    {
        var consumed = new TaskCompletionSource();
        var source = Probe.Body(async run =>
        {
            await run.EmitAsync(Probe.Of([1]));
            await consumed.Task.WaitAsync(TestGraph.Patience); // the first batch must get there before the second is made
            await run.EmitAsync(Probe.Of([2]));
        });
        var sink = Probe.Body(async run =>
        {
            await foreach (var batch in run.Read("rows"))
            {
                consumed.TrySetResult();
                await run.EmitAsync(batch);
            }
        });
        var ran = (await graph.RunAsync($"""
              numbers: {Uses("emit", source)}
              passed:  {Uses("pass", sink, "numbers")}
            """)).Done();
        ran["passed"].Digest.Should().Be(ran["numbers"].Digest);
        ran.Result.Edges.Should().Contain(e => e.From == "numbers" && e.To == "passed" && e.Rows == 2 && e.Batches == 2);
    }

    [Fact]
    public async Task A_full_pipe_makes_the_producer_wait()
    {
        var emitted = 0;
        var open = new TaskCompletionSource();
        var full = new TaskCompletionSource();
        var source = Probe.Body(async run =>
        {
            for (; emitted < 100; emitted++)
            {
                var sent = run.EmitAsync(Probe.Of([emitted]));
                if (!sent.IsCompleted && emitted >= Edge.MaxBatches)
                    full.TrySetResult();
                await sent;
            }
        });
        var sink = Probe.Body(async run =>
        {
            await full.Task.WaitAsync(TestGraph.Patience);
            emitted.Should().BeLessThanOrEqualTo(Edge.MaxBatches + 2);
            open.SetResult();
            await Probe.PassOn(run);
        });
        var ran = (await graph.RunAsync($"""
              numbers: {Uses("emit", source)}
              passed:  {Uses("pass", sink, "numbers")}
            """)).Done();
        open.Task.IsCompleted.Should().BeTrue();
        ran["passed"].Rows.Should().Be(100);
    }

    [Fact]
    public async Task A_diamond_with_a_side_that_holds_back_ends()
    {
        var join = Probe.Body(async run =>
        {
            var more = 0;
            await foreach (var batch in run.Read("more"))
                more += batch.Rows;
            await foreach (var batch in run.Read("rows"))
                await run.EmitAsync(batch);
            run.Summarize("more", more);
        });
        var ran = (await graph.RunAsync($$"""
              numbers: { uses: emit, with: { body: {{Probe.Numbers(100, 3)}} } }
              left:    { uses: double, from: numbers }
              right:   { uses: hold, from: numbers }
              joined:  { uses: pass, from: { rows: left, more: right }, with: { body: {{join}} } }
              both:    { uses: pass, from: { rows: numbers, more: numbers }, with: { body: {{join}} } }
            """)).Done();
        ran["joined"].Rows.Should().Be(300);
        ran["joined"].Summary["more"]!.GetValue<int>().Should().Be(300);
        ran["both"].Rows.Should().Be(300);
    }

    [Fact]
    public async Task Mapping_side_by_side_keeps_every_row_in_its_order()
    {
        var slow = Probe.Map(batch =>
        {
            SpinWait.SpinUntil(() => false, batch.Number % 3 == 0 ? 4 : 0);
            return batch.With(Probe.Twice, batch.Get(Probe.Number));
        });
        var ran = (await graph.RunAsync($"""
              numbers: {Uses("emit", Probe.Numbers(60, 7))}
              doubled: {Uses("double", slow, "numbers")}
            """)).Done();
        (await graph.ReadAsync(ran["doubled"])).SelectMany(b => b.Get(Probe.Twice)).Should().Equal(Enumerable.Range(0, 420));
    }

    [Fact]
    public async Task A_consumer_that_has_enough_does_not_stop_its_producer()
    {
        var first = Probe.Body(async run =>
        {
            await foreach (var batch in run.Read("rows"))
            {
                await run.EmitAsync(batch);
                return;
            }
        });
        var stages = $"""
              numbers: {Uses("emit", Probe.Numbers(200))}
              first:   {Uses("pass", first, "numbers")}
            """;
        var streamed = (await graph.RunAsync(stages)).Done();
        streamed["numbers"].Rows.Should().Be(2000);
        streamed["first"].Rows.Should().Be(10);
        var replayed = (await graph.RunAsync(stages, new RunOptions { Force = new HashSet<string> { "first" } })).Done();
        replayed["first"].Digest.Should().Be(streamed["first"].Digest);
    }

    [Fact]
    public async Task A_batch_of_no_rows_disturbs_no_number()
    {
        var source = Probe.Body(async run =>
        {
            foreach (var rows in (int[][])[[], [1], [], [2, 3]])
                await run.EmitAsync(Probe.Of(rows));
        });
        var sink = Probe.Body(async run =>
        {
            var numbers = new List<long>();
            await foreach (var batch in run.Read("rows"))
            {
                numbers.Add(batch.Number);
                await run.EmitAsync(batch);
            }
            run.Summarize("numbers", string.Join(' ', numbers));
        });
        string Stages(int salt) => $"  numbers: {Uses("emit", source)}\n  passed: {{ uses: pass, from: numbers, with: {{ salt: {salt}, body: {sink} }} }}";
        var streamed = (await graph.RunAsync(Stages(1))).Done();
        var replayed = (await graph.RunAsync(Stages(2))).Done();
        replayed.Log.Ran.Should().Equal("passed");
        streamed["passed"].Summary["numbers"]!.GetValue<string>().Should().Be("0 1").And.Be(replayed["passed"].Summary["numbers"]!.GetValue<string>());
        replayed["passed"].Digest.Should().Be(streamed["passed"].Digest);
    }

    [Fact]
    public async Task One_stage_at_a_time_has_the_device()
    {
        int inside = 0, most = 0;
        var body = Probe.Body(async run =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
            await File.WriteAllTextAsync(Path.Combine(run.OutputFolder, "config.json"), "{}");
        });
        (await graph.RunAsync($$"""
              numbers: { uses: emit }
              models:  { uses: learn, foreach: { m: "1..8" }, from: numbers, with: { salt: "${m}", body: {{body}} } }
            """)).Done();
        most.Should().Be(1);
    }

    [Fact]
    public async Task What_was_said_is_said_again_and_facts_reach_the_report()
    {
        var talks = Probe.Body(async run =>
        {
            run.Say("three numbers");
            run.Summarize("count", 3);
            run.Summarize("odd", double.NaN);
            run.Metric("loss", 1, 0.5);
            run.Metric("loss", 2, double.PositiveInfinity);
            await run.EmitAsync(Probe.Of([1, 2, 3]));
        });
        var stages = $$"""
              numbers: { uses: emit, with: { body: {{talks}} } }
              report:  { uses: tell, from: [numbers] }
            """;
        var first = (await graph.RunAsync(stages)).Done();
        var second = (await graph.RunAsync(stages)).Done();
        second.Log.Lines.Should().Equal(first.Log.Lines).And.Equal("three numbers");
        (await File.ReadAllTextAsync(Path.Combine(second["report"].Folder, "report.txt"))).Should()
            .Contain("\"count\":3").And.Contain("Name = loss, Step = 1, Value = 0.5").And.Contain("Infinity");
    }

    private static string Uses(string stage, string body, string? from = null) => $"{{ uses: {stage}{(from is null ? "" : $", from: {from}")}, with: {{ body: {body} }} }}";
}
