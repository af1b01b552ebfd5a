namespace DataflowRlhf.Graph.Tests.Run;

public sealed class GuardTests : IDisposable
{
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    [Fact]
    public async Task A_failure_that_may_pass_is_tried_again()
    {
        var attempts = 0;
        var flaky = Probe.Body(async run =>
        {
            if (++attempts < 3)
                throw new HttpRequestException("connection refused");
            await Probe.PassOn(run);
        });
        var ran = (await graph.RunAsync($$"""
              numbers: { uses: emit }
              passed:  { uses: pass, from: numbers, with: { body: {{flaky}} }, retry: { times: 2, wait: 0s } }
            """)).Done();
        attempts.Should().Be(3);
        ran["passed"].Rows.Should().Be(3);
        ran.Log.Warnings.Should().HaveCount(2).And.OnlyContain(w => w.Contains("the next begins in 0s: ") && w.Contains("connection refused"));
    }

    [Fact]
    public async Task No_more_often_than_was_said()
    {
        var attempts = 0;
        var broken = Probe.Body(_ => throw new IOException($"the disk is odd {++attempts}"));
        var ran = await graph.RunAsync($$"""  numbers: { uses: emit, with: { body: {{broken}} }, retry: { times: 2, wait: 0s } }""");
        attempts.Should().Be(3);
        ran.Result.Message.Should().Be("failed 3 times; the last: the disk is odd 3");
        ran.Log.Failures.Should().Equal("numbers: failed 3 times; the last: the disk is odd 3");
    }

    [Fact]
    public async Task What_is_wrong_with_the_rows_is_not_tried_again()
    {
        var attempts = 0;
        var wrong = Probe.Body(_ => throw new StageException($"row {++attempts} is no number"));
        (await graph.RunAsync($$"""  numbers: { uses: emit, with: { body: {{wrong}} }, retry: 5 }""")).Result.Message.Should().Be("row 1 is no number");
        attempts.Should().Be(1);
    }

    [Theory]
    [InlineData(System.Net.HttpStatusCode.ServiceUnavailable, 3)]
    [InlineData(System.Net.HttpStatusCode.TooManyRequests, 3)]
    [InlineData(System.Net.HttpStatusCode.NotFound, 1)]
    [InlineData(System.Net.HttpStatusCode.Unauthorized, 1)]
    public async Task What_a_server_refuses_for_good_is_not_tried_again(System.Net.HttpStatusCode status, int expected)
    {
        var attempts = 0;
        var refused = Probe.Body(_ =>
        {
            attempts++;
            throw new HttpRequestException("refused", null, status);
        });
        (await graph.RunAsync($$"""  numbers: { uses: emit, with: { body: {{refused}} }, retry: { times: 2, wait: 0s } }""")).Result.Outcome.Should().Be(RunOutcome.Failed);
        attempts.Should().Be(expected);
    }

    [Fact]
    public async Task Who_streamed_from_an_attempt_that_failed_gets_the_rows_of_the_one_that_did_not()
    {
        var (attempts, read) = (0, new TaskCompletionSource());
        var flaky = Probe.Body(async run =>
        {
            attempts++;
            await run.EmitAsync(Probe.Of(attempts == 1 ? [66] : [1, 2]));
            if (attempts > 1)
                return;
            await read.Task; // The consumer has the wrong row,
            throw new IOException("and then the disk goes away");
        });
        var reader = Probe.Body(async run =>
        {
            await foreach (var batch in run.Read("rows"))
            {
                read.TrySetResult();
                await run.EmitAsync(batch);
            }
        });
        var ran = (await graph.RunAsync($$"""
              numbers: { uses: emit, with: { body: {{flaky}} }, retry: { times: 1, wait: 0s } }
              passed:  { uses: pass, from: numbers, with: { body: {{reader}} } }
              doubled: { uses: double, from: passed }
            """)).Done();
        (await graph.ReadAsync(ran["doubled"])).SelectMany(b => b.Get(Probe.Twice)).Should().Equal(2, 4);
        ran.Log.Warnings.Should().ContainSingle().Which.Should().Contain("attempt 1 of 2");
    }

    [Fact]
    public async Task A_consumer_that_is_tried_again_does_not_disturb_its_producer()
    {
        var attempts = 0;
        var flaky = Probe.Body(async run =>
        {
            await foreach (var batch in run.Read("rows"))
            {
                if (++attempts == 3)
                    throw new IOException("gone");
                await run.EmitAsync(batch);
            }
        });
        var ran = (await graph.RunAsync($$"""
              numbers: { uses: emit, with: { body: {{Probe.Numbers(200)}} } }
              passed:  { uses: pass, from: numbers, with: { body: {{flaky}} }, retry: { times: 1, wait: 0s } }
            """)).Done();
        ran["passed"].Digest.Should().Be(ran["numbers"].Digest);
        ran.Log.Ran.Count(r => r == "numbers").Should().Be(1);
    }

    [Fact]
    public async Task A_stage_that_takes_too_long_is_stopped()
    {
        var waits = Probe.Body(run => Task.Delay(Timeout.Infinite, run.Stopping));
        var ran = await graph.RunAsync($$"""  numbers: { uses: emit, with: { body: {{waits}} }, timeout: 0.05s }""");
        ran.Result.Message.Should().StartWith("it ran longer than its timeout");
        graph.Temporary.Should().BeEmpty();
    }

    [Fact]
    public async Task One_that_waits_for_its_consumer_is_stopped_as_well()
    {
        var stopped = new TaskCompletionSource();
        var deaf = Probe.Body(async run =>
        {
            await foreach (var _ in run.Read("rows"))
                await stopped.Task.WaitAsync(run.Stopping);
        });
        var many = Probe.Body(async run =>
        {
            try
            {
                for (var b = 0; ; b++)
                    await run.EmitAsync(Probe.Of([b]));
            }
            finally
            {
                stopped.SetResult();
            }
        });
        var ran = await graph.RunAsync($$"""
              numbers: { uses: emit, with: { body: {{many}} }, timeout: 0.05s }
              passed:  { uses: pass, from: numbers, with: { body: {{deaf}} } }
            """);
        ran.Result.Should().Match<RunResult>(r => r.FailedStage == "numbers" && r.Message!.Contains("timeout"));
    }

    [Fact]
    public async Task After_a_timeout_it_goes_on_from_what_it_kept()
    {
        var (attempts, made) = (0, 0);
        var slow = Probe.Body(async run =>
        {
            attempts++;
            await foreach (var batch in run.Read("rows"))
            {
                await run.EmitAsync(await run.OnceAsync(batch, () => batch.Rows * ++made > 0 ? batch : batch));
                if (attempts == 1 && batch.Number == 3)
                    await Task.Delay(Timeout.Infinite, run.Stopping);
            }
        });
        var ran = (await graph.RunAsync($$"""
              numbers: { uses: emit, with: { body: {{Probe.Numbers(10)}} } }
              passed:  { uses: pass, from: numbers, with: { body: {{slow}} }, timeout: 1s, retry: { times: 1, wait: 0s } }
            """)).Done();
        (attempts, made).Should().Be((2, 10));
        ran["passed"].Digest.Should().Be(ran["numbers"].Digest);
    }

    [Theory]
    [InlineData("3", true)]
    [InlineData("2", false)]
    [InlineData("30%", true)]
    [InlineData("29%", false)]
    [InlineData("0", false)]
    public async Task So_many_rows_may_be_put_aside(string most, bool fine)
    {
        var aside = Probe.Body(async run =>
        {
            await foreach (var batch in run.Read("rows"))
            {
                foreach (var row in new[] { 1, 4, 7 })
                    run.Quarantine(batch, row, "it smells");
                await run.EmitAsync(batch.Select([0, 2, 3, 5, 6, 8, 9]));
            }
        });
        string Stages(string most) => $$"""
              numbers: { uses: emit, with: { body: {{Probe.Numbers(1)}} } }
              passed:  { uses: pass, from: numbers, with: { body: {{aside}} }, max-bad: {{most}} }
            """;
        var ran = await graph.RunAsync(Stages(most));
        ran.Result.Outcome.Should().Be(fine ? RunOutcome.Done : RunOutcome.Failed);
        if (fine)
            return;
        ran.Result.Message.Should().Contain("it smells").And.Contain($"max-bad is {most}");
        var kept = ran.Log.Warnings.Should().ContainSingle(w => w.Contains("quarantine.jsonl")).Which;
        File.ReadAllText(kept.Split(" are in ")[1].TrimEnd('.')).Should().Contain("it smells").And.Contain("\"stage\":\"passed\"");
        (await graph.RunAsync(Stages("100%"))).Done();
        (await graph.RunAsync(Stages(most))).Result.Message.Should().Contain("max-bad"); // Found in the store, and still too many.
    }

    [Theory]
    [InlineData("rows >= 3", null)]
    [InlineData("rows > 3", "the promise 'rows > 3' does not hold: rows is 3")]
    [InlineData("accuracy > 0.65", null)]
    [InlineData("accuracy > 0.75", "accuracy is 0.7")]
    [InlineData("by.group.a == 2", null)]
    [InlineData("loss.last < 0.5", null)]
    [InlineData("loss.most < 0.5", "loss.most is 0.9")]
    [InlineData("los.last < 0.5", "speaks of 'los.last', which it does not tell (rows, quarantined, seconds, accuracy, by, loss.last); nearest is 'loss.last'")]
    [InlineData("loss.leest < 0.5", "nearest is 'loss.least'")]
    public async Task A_promise_that_does_not_hold_turns_the_run_red(string promise, string? problem)
    {
        var body = Probe.Body(async run =>
        {
            await run.EmitAsync(Probe.Of([1, 2, 3]));
            run.Summarize("accuracy", 0.7);
            run.Summarize("by", new System.Text.Json.Nodes.JsonObject { ["group"] = new System.Text.Json.Nodes.JsonObject { ["a"] = 2 } });
            run.Metric("loss", 1, 0.9);
            run.Metric("loss", 2, 0.4);
        });
        string Stages(string more) => $$"""
              numbers: { uses: emit, with: { body: {{body}} }{{more}} }
              passed:  { uses: hold, from: numbers }
            """;
        var ran = await graph.RunAsync(Stages($", promises: [\"{promise}\"]"));
        ran.Result.Outcome.Should().Be(problem is null ? RunOutcome.Done : RunOutcome.Failed);
        if (problem is null)
            return;
        ran.Result.Message.Should().Contain(problem).And.Contain("is kept");
        ran.Log.Ran.Should().NotContain("passed");
        var again = (await graph.RunAsync(Stages(""))).Done(); // The promise is no part of the key.
        again.Log.Hits.Should().Equal("numbers");
    }
}
