using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Views;

namespace DataflowRlhf.Runner.Tests;

/// <summary>docs/events.md says what <c>--json</c> writes: every event, every field.</summary>
public sealed class EventsPageTests : IDisposable
{
    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    [Fact]
    public async Task The_page_has_every_event_and_every_field()
    {
        var written = await EventsAsync();
        var page = Page();
        page.Keys.Should().Equal(written.Keys, "the page is in the order of a run");
        foreach (var (name, fields) in written)
            page[name].Should().Equal(fields, name);
        var inCode = Regex.Matches(await File.ReadAllTextAsync(Repository.Path("src", "Runner", "Views", "JsonView.cs")), "@event = \"([a-z-]+)\"").Select(m => m.Groups[1].Value);
        inCode.Distinct().Should().BeEquivalentTo(written.Keys, "each was written here");
    }

    private static Dictionary<string, List<string>> Page()
    {
        var text = File.ReadAllText(Repository.Path("docs", "events.md"));
        return Regex.Matches(text, @"^## ([a-z-]+)$(.*?)(?=^## )", RegexOptions.Multiline | RegexOptions.Singleline)
            .ToDictionary(section => section.Groups[1].Value, section => Regex.Matches(section.Groups[2].Value, @"^\| `([A-Za-z_-]+)` \|", RegexOptions.Multiline).Select(f => f.Groups[1].Value).ToList());
    }

    /// <summary>Event → its fields, in the order of the view's methods.</summary>
    private async Task<Dictionary<string, List<string>>> EventsAsync()
    {
        var path = rlhf.Write("small.yaml", "pipeline: small\nstages:\n  pairs: { uses: make-preferences, with: { pairs: 100, ood: 10 } }\n");
        (await rlhf.HereAsync("run", path)).Exit.Should().Be(0);
        var node = PipelineFile.Check(path, [], Commands.Common.Registry()).Graph!.Nodes[0];
        using var store = ArtifactStore.Open(Path.Combine(rlhf.Folder, ".rlhf"), TimeProvider.System);
        using var text = new StringWriter { NewLine = "\n" };
        await using var view = new JsonView(text, TimeProvider.System);
        view.Planned([new PlanEntry(node, Decision.Run, "never ran", null)]);
        view.Started(node);
        view.Resumed(node, 1, 2, "rows");
        view.Progressed(node, 1, 2, "rows");
        view.Metered(new StageMeter(node.Name, StageActivity.Computes, null, 1, 2, new Dictionary<string, long>(), 0, 0, 0, 0));
        view.Measured(node, new MetricPoint("loss", 1, 0.5));
        view.Said(node, "a line");
        view.Warned(node, "a line");
        view.Finished(node, store.List().Single(), hit: false, TimeSpan.FromSeconds(1));
        view.Failed(node, "a message");
        view.Finish(new RunResult(RunOutcome.Failed, new Dictionary<string, ArtifactRecord>(), [], "", node.Name, "a message"), TimeSpan.FromSeconds(1));
        return text.ToString().TrimEnd().Split('\n').Select(l => JsonNode.Parse(l)!.AsObject())
            .ToDictionary(e => e["event"]!.GetValue<string>(), e => e.Select(f => f.Key).Where(f => f != "event").ToList());
    }
}
