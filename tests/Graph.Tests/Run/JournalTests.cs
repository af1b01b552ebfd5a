namespace DataflowRlhf.Graph.Tests.Run;

public sealed class JournalTests : IDisposable
{
    private const int Batches = 12;
    private static readonly RunOptions EveryBatch = new() { Parallel = 3, KeepEvery = TimeSpan.Zero };
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    [Fact]
    public async Task A_row_stage_that_failed_maps_only_the_rest()
    {
        var undisturbed = await Undisturbed(Doubled(Probe.Map(Twice)));
        await graph.RunAsync(Only("numbers"));
        (await graph.RunAsync(Doubled(FailsAt(7)), EveryBatch)).Result.FailedStage.Should().Be("doubled");
        graph.Plan(Doubled(Probe.Map(Twice)))[1].Should().Match<PlanEntry>(p => p.Decision == Decision.Resume);

        var mapped = new Calls();
        var ran = (await graph.RunAsync(Doubled(mapped.Counting(Twice)), EveryBatch)).Done();

        mapped.Count.Should().Be(Batches - 7);
        ran.Log.Resumed.Should().Equal("doubled: 70 of 120 rows");
        undisturbed.Log.Resumed.Should().BeEmpty();
        ran["doubled"].Should().Match<ArtifactRecord>(a => a.Digest == undisturbed["doubled"].Digest && a.Key == undisturbed["doubled"].Key);
        Directory.EnumerateDirectories(Path.Combine(graph.StoreFolder, "checkpoints")).Should().BeEmpty();
    }

    [Fact]
    public async Task What_was_kept_of_a_stream_is_used_on_the_finished_artifact()
    {
        var undisturbed = await Undisturbed(Doubled(Probe.Map(Twice)));
        (await graph.RunAsync(Doubled(FailsAt(5)), EveryBatch)).Result.FailedStage.Should().Be("doubled"); // Numbers stream into it.
        await graph.RunAsync(Only("numbers"));

        var mapped = new Calls();
        var ran = (await graph.RunAsync(Doubled(mapped.Counting(Twice)), EveryBatch)).Done();

        mapped.Count.Should().Be(Batches - 5);
        ran["doubled"].Digest.Should().Be(undisturbed["doubled"].Digest);
    }

    [Fact]
    public async Task What_a_kill_between_commit_and_end_left_is_cleared_when_the_artifact_is_found()
    {
        var undisturbed = await Undisturbed(Doubled(Probe.Map(Twice)));
        await graph.RunAsync(Only("numbers"));
        (await graph.RunAsync(Doubled(FailsAt(7)), EveryBatch)).Result.FailedStage.Should().Be("doubled");
        var checkpoints = Path.Combine(graph.StoreFolder, "checkpoints");
        var journal = Directory.EnumerateDirectories(checkpoints).Single();
        Directory.Move(journal, journal + ".kept");
        await graph.RunAsync(Doubled(Probe.Map(Twice)));
        Directory.Move(journal + ".kept", journal);

        var ran = await graph.RunAsync(Doubled(Probe.Map(Twice)));

        ran.Log.Hits.Should().BeEquivalentTo("numbers", "doubled");
        ran.Done()["doubled"].Digest.Should().Be(undisturbed["doubled"].Digest);
        Directory.EnumerateDirectories(checkpoints).Should().BeEmpty();
    }

    [Fact]
    public async Task A_journal_of_which_a_kill_left_only_the_end_is_made_anew()
    {
        var undisturbed = await Undisturbed(Doubled(Probe.Map(Twice)));
        await graph.RunAsync(Only("numbers"));
        await graph.RunAsync(Doubled(FailsAt(7)), EveryBatch);
        Directory.Delete(Path.Combine(Directory.EnumerateDirectories(Path.Combine(graph.StoreFolder, "checkpoints")).Single(), "00000"), recursive: true);

        (await graph.RunAsync(Doubled(Probe.Map(Twice)), EveryBatch)).Done()["doubled"].Digest.Should().Be(undisturbed["doubled"].Digest);
    }

    [Fact]
    public async Task More_than_waits_in_memory_is_kept_in_one_piece()
    {
        const int rows = 700_000; // One batch is more than waits.
        var big = Probe.Body(async run =>
        {
            for (var b = 0; b < 4; b++)
                await run.EmitAsync(Probe.Of(Enumerable.Range(b * rows, rows)));
        });
        string Stages(string map) => $$"""
              numbers: { uses: emit, with: { body: {{big}} } }
              doubled: { uses: double, from: numbers, with: { body: {{map}} } }
            """;
        var fails = Probe.Map(batch => batch.Number == 3 ? throw new StageException("not this one") : Twice(batch));
        (await graph.RunAsync(Stages(fails))).Result.FailedStage.Should().Be("doubled");

        var mapped = new Calls();
        var ran = (await graph.RunAsync(Stages(mapped.Counting(Twice)))).Done();

        mapped.Count.Should().Be(1);
        ran["doubled"].Rows.Should().Be(4 * rows);
        (await graph.ReadAsync(ran["doubled"])).Select(b => b.Get(Probe.Twice)[^1]).Should().Equal(Enumerable.Range(1, 4).Select(b => 2 * (b * rows - 1)));
    }

    [Fact]
    public async Task Other_rows_are_never_taken_for_those_that_were_kept()
    {
        await graph.RunAsync(Doubled(FailsAt(7)), EveryBatch);
        var others = Probe.Body(async run =>
        {
            for (var b = 0; b < Batches; b++)
                await run.EmitAsync(Probe.Of(Enumerable.Range(b * 10 + (b >= 3 ? 1000 : 0), 10)));
        });
        string Changed(string map) => $$"""
              numbers: { uses: emit, with: { body: {{others}}, salt: 1 } }
              doubled: { uses: double, from: numbers, with: { body: {{map}} } }
            """;

        var mapped = new Calls();
        var ran = (await graph.RunAsync(Changed(mapped.Counting(Twice)), EveryBatch)).Done();

        mapped.Count.Should().Be(Batches - 3); // The first three batches are as they were.
        ran.Log.Resumed.Should().Equal("doubled: 30 of  rows"); // They stream: how many will come is not known.
        (await graph.ReadAsync(ran["doubled"])).SelectMany(b => b.Get(Probe.Twice)).Should()
            .Equal(Enumerable.Range(0, Batches).SelectMany(b => Enumerable.Range(b * 10 + (b >= 3 ? 1000 : 0), 10)).Select(n => 2 * n));
    }

    [Fact]
    public async Task A_stage_goes_on_behind_the_batches_that_it_asked_for_once()
    {
        string Passed(string body) => $$"""
              numbers: { uses: emit, with: { body: {{Probe.Numbers(Batches)}} } }
              passed:  { uses: pass, from: numbers, with: { body: {{body}} } }
            """;
        string Body(Func<Batch, Batch> make) => Probe.Body(async run =>
        {
            await foreach (var batch in run.Read("rows"))
                await run.EmitAsync(await run.OnceAsync(batch, () => make(batch)));
        });
        var undisturbed = await Undisturbed(Passed(Body(b => b)));
        await graph.RunAsync(Passed(Body(b => b.Number == 9 ? throw new StageException("dies here") : b)), EveryBatch);

        var made = 0;
        var ran = (await graph.RunAsync(Passed(Body(b => b.Rows * ++made > 0 ? b : b)), EveryBatch)).Done();

        made.Should().Be(Batches - 9);
        ran["passed"].Digest.Should().Be(undisturbed["passed"].Digest);
    }

    [Fact]
    public async Task Rows_put_aside_stand_in_the_inputs_order_and_none_is_lost_or_doubled()
    {
        string Aside(bool fails) => Probe.Body(async run =>
        {
            await foreach (var batch in run.Read("rows"))
                await run.EmitAsync(await run.OnceAsync(batch, () =>
                {
                    if (fails && batch.Number == 6)
                        throw new StageException("dies here");
                    run.Quarantine(batch, (int)batch.Number % 10, $"bad in {batch.Number}");
                    return batch.Number == 2 ? batch.Select([]) : batch;
                }));
        });
        string Passed(bool fails) => $$"""
              numbers: { uses: emit, with: { body: {{Probe.Numbers(Batches)}} } }
              passed:  { uses: pass, from: numbers, with: { body: {{Aside(fails)}} } }
            """;
        await graph.RunAsync(Passed(fails: true), EveryBatch);

        var ran = (await graph.RunAsync(Passed(fails: false), EveryBatch)).Done();

        ran["passed"].Should().Match<ArtifactRecord>(a => a.Quarantined == Batches && a.Rows == (Batches - 1) * 10);
        File.ReadLines(Path.Combine(ran["passed"].Folder, "..", "quarantine.jsonl")).Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement)
            .Select(l => (l.GetProperty("stage").GetString(), l.GetProperty("reason").GetString()))
            .Should().Equal(Enumerable.Range(0, Batches).Select(n => ((string?)"passed", (string?)$"bad in {n}")));
    }

    [Fact]
    public async Task A_run_that_is_stopped_keeps_what_it_has_made()
    {
        using var stop = new CancellationTokenSource();
        var stops = Probe.Body(async run =>
        {
            await foreach (var batch in run.Read("rows"))
            {
                await run.EmitAsync(await run.OnceAsync(batch, () => batch));
                if (batch.Number == 7)
                    await stop.CancelAsync();
            }
        });
        var rarely = new RunOptions { KeepEvery = TimeSpan.FromHours(1) };
        string Passed(string body) => $$"""
              numbers: { uses: emit, with: { body: {{Probe.Numbers(Batches)}} } }
              passed:  { uses: pass, from: numbers, with: { body: {{body}} } }
            """;
        (await graph.RunAsync(Passed(stops), rarely, stop.Token)).Result.Outcome.Should().Be(RunOutcome.Interrupted);

        var made = 0;
        (await graph.RunAsync(Passed(Probe.Body(async run =>
        {
            await foreach (var batch in run.Read("rows"))
                await run.EmitAsync(await run.OnceAsync(batch, () => batch.Rows * ++made > 0 ? batch : batch));
        })), rarely)).Done();

        made.Should().Be(Batches - 8);
    }

    [Theory]
    [InlineData("entries.json")]
    [InlineData("part-00000.parquet")]
    public async Task What_is_damaged_is_made_anew(string file)
    {
        var undisturbed = await Undisturbed(Doubled(Probe.Map(Twice)));
        await graph.RunAsync(Only("numbers"));
        await graph.RunAsync(Doubled(FailsAt(7)), EveryBatch);
        var chunk = Directory.EnumerateDirectories(Path.Combine(graph.StoreFolder, "checkpoints")).SelectMany(Directory.EnumerateDirectories).Order().ElementAt(3);
        File.WriteAllText(Path.Combine(chunk, file), "torn");

        var mapped = new Calls();
        var ran = (await graph.RunAsync(Doubled(mapped.Counting(Twice)), EveryBatch)).Done();

        mapped.Count.Should().Be(Batches - 3);
        ran["doubled"].Digest.Should().Be(undisturbed["doubled"].Digest);
    }

    [Fact]
    public async Task A_stage_that_is_asked_for_begins_at_its_beginning()
    {
        await graph.RunAsync(Only("numbers"));
        await graph.RunAsync(Doubled(FailsAt(7)), EveryBatch);

        var mapped = new Calls();
        (await graph.RunAsync(Doubled(mapped.Counting(Twice)), EveryBatch with { Force = new HashSet<string> { "doubled" } })).Done();

        mapped.Count.Should().Be(Batches);
    }

    private static Batch Twice(Batch batch) => batch.With(Probe.Twice, [.. batch.Get(Probe.Number).Select(n => 2 * n)]);

    /// <summary>Fails at a batch once all batches before it have been mapped and kept.</summary>
    private static string FailsAt(long number) => Probe.Map(batch => batch.Number < number ? Twice(batch) : batch.Number > number ? Twice(batch) : throw new StageException("dies here"));

    private static string Only(string _) => $$"""  numbers: { uses: emit, with: { body: {{Probe.Numbers(Batches)}} } }""";

    private static string Doubled(string map) => $$"""
          numbers: { uses: emit, with: { body: {{Probe.Numbers(Batches)}} } }
          doubled: { uses: double, from: numbers, with: { body: {{map}} } }
        """;

    private static async Task<Outcome> Undisturbed(string stages)
    {
        using var elsewhere = new TestGraph();
        return (await elsewhere.RunAsync(stages)).Done();
    }

    private sealed class Calls
    {
        private int count;

        public int Count => count;

        public string Counting(Func<Batch, Batch> map) => Probe.Map(batch =>
        {
            Interlocked.Increment(ref count);
            return map(batch);
        });
    }
}
