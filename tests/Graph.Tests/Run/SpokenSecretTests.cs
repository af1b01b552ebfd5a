namespace DataflowRlhf.Graph.Tests.Run;

/// <summary>A stage may speak of its options; what came from the environment is left out of all that is shown and kept.</summary>
public sealed class SpokenSecretTests : IDisposable
{
    private const string Name = "SPOKEN_SECRET_TESTS";
    private const string Secret = "hunter3-hunter3";
    private readonly TestGraph graph = new();

    public void Dispose() => graph.Dispose();

    [Fact]
    public async Task Words_of_a_stage_and_what_it_leaves_beside_its_rows_do_not_hold_it()
    {
        Environment.SetEnvironmentVariable(Name, Secret);
        var speaks = Probe.Body(async run =>
        {
            run.Say($"I was given {Secret}");
            run.Warn($"careful with {Secret}");
            run.Summarize("deep", new System.Text.Json.Nodes.JsonObject { ["list"] = new System.Text.Json.Nodes.JsonArray($"x{Secret}", 3) });
            var batch = Probe.Of([1, 2, 3]);
            run.Quarantine(batch, 0, $"not for {Secret}");
            await run.EmitAsync(batch.Select([1, 2]));
        });
        var ran = (await graph.RunAsync($$"""  numbers: { uses: emit, with: { body: {{speaks}}, label: "${env:{{Name}}}" } }""")).Done();

        graph.Plan($$"""  numbers: { uses: emit, with: { body: {{speaks}}, label: other } }""")[0].Reason.Should()
            .MatchRegex("^option label: from the environment \\([0-9a-f]{12}\\) → other$", "the digest's beginning tells two apart");
        ran.Log.Warnings.Should().Contain(w => w.Contains("careful with …"));
        ran["numbers"].Said.Should().Equal("I was given …");
        ran["numbers"].Summary["deep"]!.ToJsonString().Should().Be("{\"list\":[\"x…\",3]}".Replace("…", "\\u2026", StringComparison.Ordinal));
        foreach (var file in Directory.EnumerateFiles(graph.StoreFolder, "*", SearchOption.AllDirectories))
            System.Text.Encoding.UTF8.GetString(File.ReadAllBytes(file)).Should().NotContain(Secret, file);
    }
}
