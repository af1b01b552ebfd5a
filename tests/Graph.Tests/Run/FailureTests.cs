namespace DataflowRlhf.Graph.Tests.Run;

public sealed class FailureTests : IDisposable
{
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    [Fact]
    public async Task A_failure_is_one_message_and_what_finished_is_kept()
    {
        var fails = Probe.Body(_ => throw new StageException("the file is not there. write: another"));
        var stages = $$"""
              numbers: { uses: emit }
              model:   { uses: learn, from: numbers, with: { body: {{fails}} } }
              report:  { uses: tell, from: [model] }
            """;
        var ran = await graph.RunAsync(stages);
        ran.Result.Should().BeEquivalentTo(new { Outcome = RunOutcome.Failed, FailedStage = "model", Message = "the file is not there. write: another" }, o => o.ExcludingMissingMembers());
        ran.Log.Failures.Should().Equal("model: the file is not there. write: another");
        ran.Result.Artifacts.Keys.Should().Equal("numbers");
        graph.Temporary.Should().BeEmpty();
        (await graph.RunAsync(stages)).Log.Hits.Should().Equal("numbers");
    }

    [Fact]
    public async Task A_bug_goes_to_a_log_and_its_first_line_to_the_person()
    {
        var fails = Probe.Body(_ => throw new InvalidOperationException("first line\nsecret second line"));
        var ran = await graph.RunAsync($$"""  numbers: { uses: emit, with: { body: {{fails}} } }""");
        ran.Result.Message.Should().StartWith("InvalidOperationException: first line  Details: ").And.NotContain("secret");
        File.ReadAllText(ran.Result.Message!.Split("Details: ")[1]).Should().Contain(nameof(A_bug_goes_to_a_log_and_its_first_line_to_the_person));
    }

    [Theory]
    [InlineData("emit", null)]
    [InlineData("pass", "numbers")]
    public async Task A_cancellation_that_nobody_asked_for_is_a_fault(string stage, string? from)
    {
        var fails = Probe.Body(_ => throw new TaskCanceledException("the request timed out"));
        var ran = await graph.RunAsync($$"""
              numbers: { uses: emit }
              odd:     { uses: {{stage}}, {{(from is null ? "" : $"from: {from}, ")}}with: { body: {{fails}} } }
            """);
        ran.Result.Outcome.Should().Be(RunOutcome.Failed);
        ran.Result.Message.Should().Contain("the request timed out");
        ran.Result.Artifacts.Keys.Should().NotContain("odd");
    }

    [Fact]
    public async Task A_cancelled_map_loses_no_batch_in_silence()
    {
        var fails = Probe.Map(batch => batch.Number == 5 ? throw new TaskCanceledException("timed out") : batch.With(Probe.Twice, batch.Get(Probe.Number)));
        var ran = await graph.RunAsync($$"""
              numbers: { uses: emit, with: { body: {{Probe.Numbers(50)}} } }
              doubled: { uses: double, from: numbers, with: { body: {{fails}} } }
            """);
        ran.Result.Outcome.Should().Be(RunOutcome.Failed);
        ran.Result.FailedStage.Should().Be("doubled");
        ran.Result.Message.Should().Contain("timed out");
    }

    [Fact]
    public async Task A_fault_downstream_frees_the_producer()
    {
        var fails = Probe.Body(async run =>
        {
            await foreach (var _ in run.Read("rows"))
                throw new StageException("not this one");
        });
        var endless = Probe.Body(async run =>
        {
            for (var i = 0; ; i++)
                await run.EmitAsync(Probe.Of([i]));
        });
        var ran = await graph.RunAsync($$"""
              numbers: { uses: emit, with: { body: {{endless}} } }
              passed:  { uses: pass, from: numbers, with: { body: {{fails}} } }
            """);
        ran.Result.Message.Should().Be("not this one");
        ran.Result.Artifacts.Should().BeEmpty();
        graph.Temporary.Should().BeEmpty();
    }

    [Fact]
    public async Task Stopping_leaves_a_clean_store_and_what_is_finished()
    {
        using var stop = new CancellationTokenSource();
        var waits = Probe.Body(async run =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, run.Stopping);
        });
        var ran = await graph.RunAsync($$"""
              numbers: { uses: emit }
              model:   { uses: learn, from: numbers, with: { body: {{waits}} } }
            """, stop.Token);
        ran.Result.Outcome.Should().Be(RunOutcome.Interrupted);
        ran.Result.Artifacts.Keys.Should().Equal("numbers");
        ran.Log.Failures.Should().BeEmpty();
        graph.Temporary.Should().BeEmpty();
    }

    [Fact]
    public async Task A_checkpoint_outlives_a_failure_and_goes_with_the_artifact()
    {
        var attempts = 0;
        var resumes = Probe.Body(async run =>
        {
            var checkpoint = Path.Combine(run.CheckpointFolder, "step");
            if (attempts++ == 0)
            {
                await File.WriteAllTextAsync(checkpoint, "40");
                throw new StageException("power cut");
            }
            await File.WriteAllTextAsync(Path.Combine(run.OutputFolder, "config.json"), await File.ReadAllTextAsync(checkpoint));
        });
        var stages = $$"""
              numbers: { uses: emit }
              model:   { uses: learn, from: numbers, with: { body: {{resumes}} } }
            """;
        (await graph.RunAsync(stages)).Result.Outcome.Should().Be(RunOutcome.Failed);
        graph.Plan(stages)[1].Decision.Should().Be(Decision.Resume);
        var ran = (await graph.RunAsync(stages)).Done();
        File.ReadAllText(Path.Combine(ran["model"].Folder, "config.json")).Should().Be("40");
        Directory.EnumerateFileSystemEntries(Path.Combine(graph.StoreFolder, "checkpoints")).Should().BeEmpty();
    }

    [Fact]
    public async Task Batches_sent_side_by_side_are_refused()
    {
        var hastes = Probe.Body(run => Task.WhenAll(Enumerable.Range(0, 100).Select(i => run.EmitAsync(Probe.Of([i])).AsTask())));
        var ran = await graph.RunAsync($"  numbers: {{ uses: emit, with: {{ body: {hastes} }} }}");
        ran.Result.Message.Should().Contain("Await EmitAsync");
    }

    [Fact]
    public async Task No_map_outlives_its_stage()
    {
        var inside = 0;
        using var stop = new CancellationTokenSource();
        var maps = Probe.Map(batch =>
        {
            Interlocked.Increment(ref inside);
            stop.Cancel();
            SpinWait.SpinUntil(() => false, 200);
            Interlocked.Decrement(ref inside);
            return batch.With(Probe.Twice, batch.Get(Probe.Number));
        });
        var ran = await graph.RunAsync($"  numbers: {{ uses: emit }}\n  doubled: {{ uses: double, from: numbers, with: {{ body: {maps} }} }}", stop.Token);
        ran.Result.Outcome.Should().Be(RunOutcome.Interrupted);
        inside.Should().Be(0);
    }

    [Fact]
    public async Task A_stage_that_streams_has_no_checkpoint()
    {
        var saves = Probe.Body(run =>
        {
            _ = run.CheckpointFolder;
            return Probe.PassOn(run);
        });
        var ran = await graph.RunAsync($"  numbers: {{ uses: emit }}\n  passed: {{ uses: pass, from: numbers, with: {{ body: {saves} }} }}");
        ran.Result.Message.Should().Contain("asks for a checkpoint while its input streams");
    }

    [Fact]
    public async Task A_gpu_that_is_not_there_is_missed_before_anything_runs()
    {
        var ran = await graph.RunAsync("  numbers: { uses: emit }\n  model: { uses: learn, from: numbers, run: { device: gpu } }");
        ran.Result.Message.Should().Contain("'model' asks for a GPU");
        ran.Log.Ran.Should().BeEmpty();
    }

    [Theory]
    [InlineData(13, "there is no space left for the store")]
    [InlineData(10, "it may be full")]
    [InlineData(8, "may not be written")]
    public async Task A_full_disk_is_called_one_whoever_notices(int code, string words)
    {
        var fails = Probe.Body(_ => throw new AggregateException(new Microsoft.Data.Sqlite.SqliteException("database or disk is full", code)));
        var ran = await graph.RunAsync($"  numbers: {{ uses: emit, with: {{ body: {fails} }} }}");
        ran.Result.Message.Should().Contain(words).And.Contain("--store DIR").And.NotContain("Details");
    }

    [Fact]
    public async Task A_column_that_was_promised_must_come()
    {
        var forgets = Probe.Map(batch => batch);
        var ran = await graph.RunAsync($$"""
              numbers: { uses: emit }
              doubled: { uses: double, from: numbers, with: { body: {{forgets}} } }
            """);
        ran.Result.Message.Should().Contain("promises the column twice: int32");
    }

    [Fact]
    public async Task Rows_put_aside_are_kept_with_the_reason()
    {
        var ran = (await graph.RunAsync($$"""
              numbers: { uses: emit }
              passed:  { uses: pass, from: numbers, with: { body: {{Probe.Body(async run =>
              {
                  await foreach (var batch in run.Read("rows"))
                  {
                      run.Quarantine(batch, 1, "too even");
                      await run.EmitAsync(batch.Select([0, 2]));
                  }
              })}} } }
            """)).Done();
        (ran["passed"].Rows, ran["passed"].Quarantined).Should().Be((2, 1));
        File.ReadAllText(Path.Combine(ran["passed"].Folder, "..", "quarantine.jsonl")).Should().Contain("\"reason\":\"too even\"").And.Contain("\"number\":2");
    }

    [Theory]
    [InlineData(3, "More rows were put aside than kept (3 and 0), the first because number 1 is odd. *quarantine.jsonl*")]
    [InlineData(2, "More rows were put aside than kept (2 and 1), the first because number 1 is odd. *quarantine.jsonl*")]
    [InlineData(1, null)]
    public async Task A_dataset_that_loses_most_of_its_rows_says_so_and_why(int lost, string? warning)
    {
        var aside = Probe.Body(async run =>
        {
            await foreach (var batch in run.Read("rows"))
            {
                for (var row = 0; row < lost; row++)
                    run.Quarantine(batch, row, $"number {batch.Get(Probe.Number)[row]} is odd.");
                await run.EmitAsync(Probe.Of(batch.Get(Probe.Number)[lost..]));
            }
        });
        var ran = (await graph.RunAsync($$"""
              numbers: { uses: emit }
              passed:  { uses: pass, from: numbers, with: { body: {{aside}} } }
            """)).Done();
        if (warning is null)
            ran.Log.Warnings.Should().BeEmpty();
        else
            ran.Log.Warnings.Should().ContainSingle().Which.Should().Match(warning);
    }
}
