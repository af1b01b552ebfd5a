using System.Text.RegularExpressions;
using DataflowRlhf.Graph;
using DataflowRlhf.Stages;

namespace DataflowRlhf.Runner.Tests;

/// <summary>What CONTRIBUTING.md asks for, asked by the machine.</summary>
public sealed partial class HouseRulesTests
{
    private static readonly StageRegistry Registry = new(typeof(Columns).Assembly);

    [Fact]
    public void Arrows_go_one_way()
    {
        References("DataflowRlhf.Graph").Should().NotContain(r => r.StartsWith("DataflowRlhf.", StringComparison.Ordinal) || r == "TorchSharp");
        References("DataflowRlhf.Learning").Should().NotContain(r => r.StartsWith("DataflowRlhf.", StringComparison.Ordinal) || r == "Parquet" || r == "YamlDotNet");
        References("DataflowRlhf.Stages").Should().NotContain("System.Threading.Tasks.Dataflow");
    }

    private static IEnumerable<string> References(string assembly) =>
        System.Reflection.Assembly.Load(assembly).GetReferencedAssemblies().Select(r => r.Name!);

    // A stage's policy is what guards its run, not a model that acts.
    [GeneratedRegex("reward|(?<!^Stage|^get_|^set_|^)policy|preference|tensor", RegexOptions.IgnoreCase)]
    private static partial Regex WordsOfTheDomain();

    [Fact]
    public void Graph_knows_no_word_of_the_domain() =>
        typeof(Batch).Assembly.GetExportedTypes().SelectMany(t => t.GetMembers().Select(m => m.Name).Append(t.Name)).Distinct()
            .Should().NotContain(name => WordsOfTheDomain().IsMatch(name));

    [Fact]
    public void Every_stage_says_what_it_and_its_options_are_for()
    {
        Registry.Kinds.Should().HaveCountGreaterThan(10);
        foreach (var kind in Registry.Kinds)
        {
            kind.Summary.Should().EndWith(".", kind.Name);
            kind.Type.IsSealed.Should().BeTrue(kind.Name);
            foreach (var option in kind.Options)
            {
                option.Summary.Should().NotBeEmpty($"{kind.Name}.{option.Name}");
                if (!option.Required)
                    option.Summary.Should().Contain("Default: ", $"{kind.Name}.{option.Name}");
            }
        }
    }

    public static TheoryData<string> Pipelines() => [.. Directory.EnumerateFiles(Repository.Path("pipelines"), "*.yaml", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(Repository.Root, p))];

    [Theory]
    [MemberData(nameof(Pipelines))]
    public void Every_pipeline_checks_clean(string pipeline)
    {
        var text = File.ReadAllText(Repository.Path(pipeline));
        text.Should().StartWith("# ", "a pipeline introduces itself");
        using var rows = new TemporaryFile(".jsonl", """{"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant: c"}""");
        string[] settings = text.Contains("uses: read-preferences", StringComparison.Ordinal) ? [$"pairs.path={rows.Path}"] : [];
        PipelineFile.Check(Repository.Path(pipeline), settings, Registry).Mistakes.Should().BeEmpty();
    }

    [Fact]
    public void The_readme_names_only_commands_that_there_are()
    {
        var known = Program.Root().Subcommands.Select(c => c.Name).Concat(["test", "build", "--help", "--cuda"]);
        CommandsInReadme().Matches(File.ReadAllText(Repository.Path("README.md"))).Select(m => m.Groups[1].Value).Distinct()
            .Should().NotBeEmpty().And.BeSubsetOf(known);
    }

    [GeneratedRegex(@"\./rlhf ([\w-]+)")]
    private static partial Regex CommandsInReadme();
}
