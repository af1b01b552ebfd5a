namespace DataflowRlhf.Graph.Tests.Run;

public sealed class QuarantineReplayTests : IDisposable
{
    private const int Batches = 10;
    private readonly TestGraph graph = new();
    private readonly List<long> made = [];

    public void Dispose() => graph.Dispose();

    [Fact]
    public async Task Only_batches_with_rows_put_aside_are_made_again()
    {
        await graph.RunAsync(Stages(bad: [2, 5]));
        made.Clear();

        var ran = (await graph.RunAsync(Stages(bad: []), Replay)).Done();

        made.Should().Equal(2, 5);
        ran["passed"].Should().Match<ArtifactRecord>(a => a.Quarantined == 0 && a.Rows == Batches * 10 && a.Accepted == null);
        using var elsewhere = new TestGraph();
        (await elsewhere.RunAsync(Stages(bad: [])))["passed"].Digest.Should().Be(ran["passed"].Digest); // As if all had been made.
        ran.Log.Ran.Should().Contain("doubled"); // What feeds from it runs, as it changed.
    }

    [Fact]
    public async Task A_batch_of_which_all_rows_were_put_aside_finds_its_place_again()
    {
        await graph.RunAsync(Stages(bad: [0, 9], rows: 10));
        made.Clear();
        var ran = (await graph.RunAsync(Stages(bad: [9]), Replay)).Done();
        made.Should().Equal(0, 9);
        (await graph.ReadAsync(ran["passed"])).SelectMany(b => b.Get(Probe.Number)).Should().Equal(Enumerable.Range(0, Batches * 10).Where(n => n != 90));
        ran["passed"].Quarantined.Should().Be(1);
    }

    [Fact]
    public async Task What_was_made_with_other_options_says_so()
    {
        var before = (await graph.RunAsync(Stages(bad: [2])))["passed"];
        var ran = (await graph.RunAsync(Stages(bad: [], salt: 1), Replay)).Done();
        ran["passed"].Accepted.Should().NotBeNull();
        ran["passed"].Accepted!.From.Should().Be(before.Key);
        ran["passed"].Accepted!.ToString().Should().Contain("option salt: 0 → 1");
    }

    [Fact]
    public async Task Where_every_batch_lost_rows_all_is_made_as_it_would_be_without_a_replay()
    {
        await graph.RunAsync(Stages(bad: [.. Enumerable.Range(0, Batches)]));
        var ran = (await graph.RunAsync(Stages(bad: [], salt: 1), Replay)).Done();
        ran["passed"].Accepted.Should().BeNull();
        ran.Log.Warnings.Should().Contain(w => w.Contains("each of its batches lost rows"));
    }

    [Fact]
    public async Task A_stage_that_lost_rows_without_a_word_is_made_as_a_whole()
    {
        await graph.RunAsync(Stages(bad: [2], drops: true));
        made.Clear();
        var ran = (await graph.RunAsync(Stages(bad: []), Replay)).Done();
        made.Should().HaveCount(Batches);
        ran.Log.Warnings.Should().Contain(w => w.Contains("all of them are made again"));
    }

    [Fact]
    public async Task Where_nothing_was_put_aside_there_is_nothing_to_do()
    {
        await graph.RunAsync(Stages(bad: []));
        (await graph.RunAsync(Stages(bad: []), Replay)).Result.Began.Should().BeFalse();
        (await graph.RunAsync(Stages(bad: []), Replay)).Result.Message.Should().Be("no row of passed was put aside, or it never ran.");
        (await graph.RunAsync(Stages(bad: []), new RunOptions { Replay = new HashSet<string> { "numbers" } })).Result.Message.Should().Contain("can only run as a whole");
    }

    private static RunOptions Replay => new() { Replay = new HashSet<string> { "passed" } };

    /// <param name="bad">Batches whose first rows are put aside.</param>
    /// <param name="rows">So many of each.</param>
    /// <param name="drops">The last batch loses a row in silence.</param>
    private string Stages(int[] bad, int rows = 1, bool drops = false, int salt = 0)
    {
        var body = Probe.Body(async run =>
        {
            await foreach (var batch in run.Read("rows"))
                await run.EmitAsync(await run.OnceAsync(batch, () =>
                {
                    made.Add(batch.Number);
                    if (!bad.Contains((int)batch.Number))
                        return drops && batch.Number == Batches - 1 ? batch.Select([0, 1]) : batch;
                    for (var row = 0; row < rows; row++)
                        run.Quarantine(batch, row, "it smells");
                    return batch.Select([.. Enumerable.Range(rows, 10 - rows)]);
                }));
        });
        return $$"""
              numbers: { uses: emit, with: { body: {{Probe.Numbers(Batches)}} } }
              passed:  { uses: pass, from: numbers, with: { body: {{body}}, salt: {{salt}} } }
              doubled: { uses: double, from: passed }
            """;
    }
}
