using System.Text.RegularExpressions;

namespace DataflowRlhf.Runner.Tests;

/// <summary>What the README and the pipelines show is right.</summary>
public sealed class DocsTests : IDisposable
{
    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    private static string Repository => Path.GetFullPath(Path.Combine(Fixtures.Own, "..", ".."));

    [Fact]
    public async Task The_readmes_pipeline_checks()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository, "README.md"));
        rlhf.Write("data/pairs.parquet", "");
        var file = rlhf.Write("denoise.yaml", Regex.Match(readme, "```yaml\n(.*?)```", RegexOptions.Singleline).Groups[1].Value);
        var check = await rlhf.HereAsync("check", file);
        (check.Exit, check.Error).Should().Be((0, ""));
        check.Out.Should().Contain("is right: 'denoise'");
    }

    [Fact]
    public async Task Every_pipeline_checks()
    {
        rlhf.Write("pairs.jsonl", "");
        foreach (var file in Directory.GetFiles(Path.Combine(Repository, "pipelines"), "*.yaml", SearchOption.AllDirectories))
        {
            var needsData = (await File.ReadAllTextAsync(file)).Contains("data/hh-rlhf", StringComparison.Ordinal);
            var check = await rlhf.HereAsync(["check", file, .. needsData ? new[] { "--set", "pairs.path=pairs.jsonl" } : []]);
            check.Exit.Should().Be(0, check.Error);
        }
    }

    [Fact]
    public void Every_setting_that_a_page_shows_can_be_set()
    {
        var pages = Directory.GetFiles(Repository, "*.md").Concat(Directory.GetFiles(Path.Combine(Repository, "docs"), "*.md")).Concat(Directory.GetFiles(Path.Combine(Repository, "pipelines"), "*.yaml"))
            .Concat(Directory.GetFiles(Path.Combine(Repository, "src", "Runner", "Commands"), "*.cs"));
        var shown = pages.SelectMany(p => Regex.Matches(File.ReadAllText(p), @"rlhf \w+(?: \w+)? pipelines/quickstart\.yaml[^\n`]*? --set ([\w.-]+=[^\s`]+)").Select(m => m.Groups[1].Value)).Distinct().ToList();
        shown.Should().NotBeEmpty();
        foreach (var setting in shown)
            DataflowRlhf.Graph.PipelineFile.Check(Path.Combine(Repository, "pipelines", "quickstart.yaml"), [setting], Commands.Common.Registry()).Mistakes.Should().BeEmpty(setting);
    }

    [Fact]
    public void Every_link_between_pages_leads_somewhere()
    {
        foreach (var page in Directory.GetFiles(Repository, "*.md").Concat(Directory.GetFiles(Path.Combine(Repository, "docs"), "*.md")).Append(Path.Combine(Repository, "bench", "README.md")))
            foreach (Match link in Regex.Matches(File.ReadAllText(page), @"\]\((?!http)([^)#]+)"))
                Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value)).Should().BeTrue("{0} links to {1}", page, link.Groups[1].Value);
    }
}
