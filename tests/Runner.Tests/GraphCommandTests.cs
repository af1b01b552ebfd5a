using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DataflowRlhf.Graph;
using DataflowRlhf.Runner.Drawing;

namespace DataflowRlhf.Runner.Tests;

/// <summary>The pictures beside <c>Snapshots/drawn.yaml</c> are what <c>rlhf graph</c> draws of it; a wanted change is written there by <c>--output</c>.</summary>
public sealed class GraphCommandTests : IDisposable
{
    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    private static string Snapshot(string name) => Repository.Path("tests", "Runner.Tests", "Snapshots", name);

    [Theory]
    [InlineData("drawn.txt")]
    [InlineData("drawn-unfolded.txt", "--unfold")]
    [InlineData("drawn.mmd", "--format", "mermaid")]
    [InlineData("drawn.dot", "--format", "dot")]
    [InlineData("drawn.json", "--format", "json")]
    [InlineData("drawn.svg", "--format", "svg")]
    public async Task A_picture_is_as_it_was(string name, params string[] options)
    {
        var drawn = await rlhf.HereAsync(["graph", Snapshot("drawn.yaml"), .. options]);
        (drawn.Exit, drawn.Error).Should().Be((0, ""));
        drawn.Out.TrimEnd().Should().Be((await File.ReadAllTextAsync(Snapshot(name))).TrimEnd());
    }

    [Fact]
    public async Task The_plan_is_in_it_and_a_missing_store_is_said()
    {
        var file = rlhf.Write("small.yaml", "pipeline: small\nstages:\n  pairs: { uses: make-preferences, with: { pairs: 200, ood: 20 } }\n  tokenizer: { uses: train-tokenizer, from: pairs, with: { vocab-size: 320 } }\n");
        var without = await rlhf.HereAsync("graph", file, "--plan");
        without.Exit.Should().Be(0);
        without.Error.Should().Contain("no store in .rlhf");
        Directory.Exists(Path.Combine(rlhf.Folder, ".rlhf")).Should().BeFalse();
        (await rlhf.HereAsync("run", file, "--to", "pairs")).Exit.Should().Be(0);
        (await rlhf.HereAsync("graph", file, "--plan")).Out.Should().MatchRegex(@"pairs +hit +make-preferences").And.MatchRegex(@"tokenizer +run +train-tokenizer");
        (await rlhf.HereAsync("graph", file, "--plan", "--output", "small.svg")).Exit.Should().Be(0);
        (await File.ReadAllTextAsync(Path.Combine(rlhf.Folder, "small.svg"))).Should().Contain("stroke:#2e9e5b").And.Contain(">run</text>");
        var unwritable = await rlhf.HereAsync("graph", file, "--output", "nowhere/small.svg");
        (unwritable.Exit, unwritable.Error.Contains("--output FILE", StringComparison.Ordinal)).Should().Be((2, true));
    }

    [Theory]
    [InlineData("quickstart.yaml", false)]
    [InlineData("quickstart.yaml", true)]
    public void No_box_lies_on_another_and_no_line_goes_through_one(string pipeline, bool unfold)
    {
        var graph = PipelineFile.Check(Repository.Path("pipelines", pipeline), [], Commands.Common.Registry()).Graph!;
        var svg = XDocument.Parse(SvgPicture.Draw(Picture.Of(graph, unfold, null)));
        double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
        var boxes = svg.Descendants().Where(e => e.Name.LocalName == "rect" && e.Attribute("class")!.Value.StartsWith("box", StringComparison.Ordinal))
            .Select(e => (Left: Number(e, "x"), Top: Number(e, "y"), Right: Number(e, "x") + Number(e, "width"), Bottom: Number(e, "y") + Number(e, "height"))).ToList();
        boxes.Should().HaveCount(unfold ? graph.Nodes.Count : graph.Nodes.Select(n => Regex.Replace(n.Name, @"\[\d+\]", "")).Distinct().Count());
        for (var i = 0; i < boxes.Count; i++)
            for (var j = 0; j < i; j++)
                (boxes[i].Left < boxes[j].Right && boxes[j].Left < boxes[i].Right && boxes[i].Top < boxes[j].Bottom && boxes[j].Top < boxes[i].Bottom).Should().BeFalse();
        // A line is straight down beside boxes and bends only between layers, where there is none.
        foreach (var link in svg.Descendants().Where(e => e.Attribute("class")?.Value == "link").Select(e => e.Attribute("d")!.Value))
        {
            var numbers = Regex.Matches(link, @"-?[\d.]+").Select(m => double.Parse(m.Value, CultureInfo.InvariantCulture)).ToList();
            var (x, from, to) = (numbers[0], numbers[1], numbers[2]);
            boxes.Should().NotContain(b => b.Left < x && x < b.Right && b.Top < to && from < b.Bottom);
            var (toX, end) = numbers.Count > 3 ? (numbers[^2], numbers[^1]) : (x, to);
            boxes.Should().NotContain(b => b.Top < end - 0.2 && to + 0.2 < b.Bottom && b.Left < Math.Max(x, toX) && Math.Min(x, toX) < b.Right);
        }
    }
}
