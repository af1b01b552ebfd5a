using DataflowRlhf.Graph.Tests.Run;

namespace DataflowRlhf.Graph.Tests.Store;

/// <summary>Somebody cleared a disk by hand: what lacks a file must not be taken for what was made.</summary>
public sealed class MissingFileTests : IDisposable
{
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    [Fact]
    public async Task A_dataset_without_one_of_its_parts_is_made_anew_rather_than_taken_for_a_shorter_one()
    {
        var stages = $$"""
              numbers: { uses: emit, with: { body: {{Probe.Numbers(4)}} } }
              doubled: { uses: double, from: numbers }
            """;
        var made = (await graph.RunAsync(stages)).Done()["numbers"];
        File.Delete(Path.Combine(made.Folder, "part-00000.parquet"));

        graph.Plan(stages)[0].Should().Match<PlanEntry>(e => e.Decision == Decision.Run && e.Reason == "its artifact is damaged: part-00000.parquet is missing");
        var again = (await graph.RunAsync(stages)).Done();
        again.Log.Ran.Should().Equal("numbers");
        again["numbers"].Digest.Should().Be(made.Digest);
        (await graph.ReadAsync(again["numbers"])).Sum(b => b.Rows).Should().Be(40);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_file_that_is_a_byte_shorter_or_longer_is_seen_without_reading_it_and_made_anew(int more)
    {
        const string stages = "  numbers: { uses: emit }\n  doubled: { uses: double, from: numbers }\n  model: { uses: learn, from: doubled }";
        var made = (await graph.RunAsync(stages)).Done();
        var file = Path.Combine(made["doubled"].Folder, "part-00000.parquet");
        var length = new FileInfo(file).Length;
        using (var cut = new FileStream(file, FileMode.Open))
            cut.SetLength(length + more);

        var damage = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"part-00000.parquet has {length + more:N0} bytes, and {length:N0} were recorded");
        graph.Plan(stages).Select(e => (e.Decision, e.Reason)).Should().Equal(
            (Decision.Hit, "in the store"), (Decision.Run, $"its artifact is damaged: {damage}"), (Decision.Waits, "an input may change (doubled)"));
        var again = (await graph.RunAsync(stages)).Done();
        again.Log.Ran.Should().Equal(["doubled"], "what it made is as it was, so the model is found");
        again.Log.Warnings.Should().Equal($"its artifact is damaged ({damage}); it is made anew.");
        new FileInfo(file).Length.Should().Be(length);
        StoreCheck.Of(graph.StoreFolder, null, CancellationToken.None).Faults.Should().BeEmpty();
    }

    [Fact]
    public async Task Of_a_damaged_stage_whose_input_is_open_the_damage_is_told()
    {
        const string stages = "  numbers: { uses: emit }\n  doubled: { uses: double, from: numbers }";
        var made = (await graph.RunAsync(stages)).Done();
        foreach (var stage in (string[])["numbers", "doubled"])
            File.Delete(Path.Combine(made[stage].Folder, "part-00000.parquet"));
        graph.Plan(stages).Should().OnlyContain(e => e.Decision == Decision.Run && e.Reason == "its artifact is damaged: part-00000.parquet is missing");
        using var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        FluentActions.Invoking(() => store.Names.Find("doubled")).Should().Throw<StageException>().WithMessage("The artifact of 'doubled' is damaged: part-00000.parquet is missing.*rlhf run*");
    }

    [Fact]
    public async Task A_record_from_before_lengths_were_kept_is_read_as_it_was()
    {
        const string stages = "  numbers: { uses: emit }";
        var made = (await graph.RunAsync(stages)).Done()["numbers"];
        var record = Path.Combine(made.Folder, "..", StoredRecord.FileName);
        var json = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(record))!.AsObject();
        json.Remove("lengths").Should().BeTrue();
        await File.WriteAllTextAsync(record, json.ToJsonString(StoredRecord.Json));
        (await graph.RunAsync(stages)).Done().Log.Hits.Should().Equal("numbers");
    }

    [Fact]
    public async Task A_length_that_was_recorded_wrong_is_found_by_verify()
    {
        var made = (await graph.RunAsync("  numbers: { uses: emit }")).Done()["numbers"];
        var folder = Path.GetDirectoryName(made.Folder)!;
        var file = Path.Combine(folder, StoredRecord.FileName);
        var length = new FileInfo(Path.Combine(made.Folder, "part-00000.parquet")).Length;
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace($"\"part-00000.parquet\": {length}", "\"part-00000.parquet\": 7", StringComparison.Ordinal));
        StoreCheck.OfFolder(folder).Should().Contain(f => f.StartsWith("files/part-00000.parquet has ", StringComparison.Ordinal) && f.EndsWith(" bytes, and 7 were recorded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stage_whose_folder_is_gone_did_run()
    {
        const string stages = "  numbers: { uses: emit }";
        var made = (await graph.RunAsync(stages)).Done()["numbers"];
        Directory.Delete(Path.GetDirectoryName(made.Folder)!, recursive: true);
        graph.Plan(stages)[0].Reason.Should().Be("its artifact is gone");
    }
}
