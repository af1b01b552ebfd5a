namespace DataflowRlhf.Graph.Tests.Run;

public sealed class KeyTests : IDisposable
{
    private const string Chain = "  numbers: { uses: emit }\n  model: { uses: learn, from: numbers }";
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    private static RunOptions With(string version) => new() { Libraries = new Dictionary<string, string> { ["tensors"] = version } };

    [Fact]
    public async Task Another_library_on_the_device_stales_the_stages_that_use_the_device_and_says_so()
    {
        (await graph.RunAsync(Chain, With("1.0"))).Done();
        using (var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System))
            Planner.Plan(TestGraph.Graph(Chain), store, With("2.0")).Select(e => (e.Node.Name, e.Decision, e.Reason))
                .Should().Equal(("numbers", Decision.Hit, "in the store"), ("model", Decision.Run, "library tensors: 1.0 → 2.0"));
        (await graph.RunAsync(Chain, With("1.0"))).Done().Log.Ran.Should().BeEmpty();
    }

    [Fact]
    public async Task The_fields_of_the_code_are_the_types_that_the_stage_reaches()
    {
        var done = (await graph.RunAsync(Chain)).Done();
        using var store = ArtifactStore.Open(graph.StoreFolder, TimeProvider.System);
        var fields = store.PreimageOf(done["numbers"].Key)!.Fields.Keys.Where(f => f.StartsWith("code ", StringComparison.Ordinal)).ToList();
        fields.Should().Contain(["code Graph.Batch", "code store-format"]).And.NotContain(f => f.Contains("GraphRun") || f.Contains("ArtifactStore"));
    }
}
