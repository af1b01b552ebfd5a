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

        graph.Plan(stages)[0].Should().Match<PlanEntry>(e => e.Decision == Decision.Run && e.Reason == "its artifact is gone");
        var again = (await graph.RunAsync(stages)).Done();
        again.Log.Ran.Should().Equal("numbers");
        again["numbers"].Digest.Should().Be(made.Digest);
        (await graph.ReadAsync(again["numbers"])).Sum(b => b.Rows).Should().Be(40);
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
