using System.CommandLine;
using DataflowRlhf.Runner.CommandLine;

namespace DataflowRlhf.Runner.Tests;

/// <summary>Every command introduces itself.</summary>
public sealed class HelpTests : IDisposable
{
    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    private static IEnumerable<(string Name, Command Command)> All(string name, Command command) =>
        command.Subcommands.SelectMany(s => All($"{name} {s.Name}", s)).Prepend((name, command));

    public static TheoryData<string> Names() => [.. All("rlhf", Program.Root()).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_has_a_summary_an_example_and_every_option_its_default(string name)
    {
        var command = All("rlhf", Program.Root()).Single(c => c.Name == name).Command;
        var lines = command.Description!.Split('\n');
        HelpPage.Summary(command).Should().EndWith(".", "the first sentence is its summary");
        lines.Skip(1).Select(l => l.TrimStart()).Should().Contain(l => l == name || l.StartsWith(name + " ", StringComparison.Ordinal), "an example starts with {0}", name);
        foreach (var argument in command.Arguments)
            argument.Description.Should().NotBeNullOrEmpty(argument.Name);
        foreach (var option in command.Options.Where(o => !o.Hidden))
        {
            option.Description.Should().NotBeNullOrEmpty(option.Name);
            if (option.ValueType != typeof(bool) && !option.Required && option is not (System.CommandLine.Help.HelpOption or VersionOption))
                option.Description.Should().Contain("Default: ", $"{name} {option.Name}");
        }
        using var page = new StringWriter();
        HelpPage.Print(command, Program.Root(), page);
        page.ToString().Should().Contain($"Usage: {name}").And.NotContain("\n\n\n");
    }

    [Fact]
    public void Each_command_has_its_place_on_the_first_page() =>
        Program.Root().Subcommands.Where(s => !s.Hidden).Select(s => s.Name).Should().OnlyContain(name => CommandGroups.Of(name) != null);

    [Fact]
    public void Each_command_that_opens_a_store_can_be_told_which()
    {
        string[] without = ["check", "stages", "schema", "completion", "help", "new", "prove"];
        foreach (var command in Program.Root().Subcommands.Where(s => !without.Contains(s.Name)))
            (command.Subcommands.Count > 0 ? command.Subcommands : [command]).Should().OnlyContain(c => c.Options.Any(o => o.Name == "--store"), command.Name);
    }

    [Fact]
    public async Task Help_is_a_command_as_well()
    {
        (await rlhf.HereAsync("help", "run")).Should().Be(await rlhf.HereAsync("run", "--help"));
        (await rlhf.HereAsync("help")).Should().Be(await rlhf.HereAsync("--help"));
        var wrong = await rlhf.HereAsync("help", "rnu");
        (wrong.Exit, wrong.Error.Contains("write: rlhf help run", StringComparison.Ordinal)).Should().Be((2, true));
        var nothing = await rlhf.HereAsync();
        (nothing.Exit, nothing.Out).Should().Be((2, ""));
        nothing.Error.Should().Contain("Exit codes");
    }

    [Fact]
    public async Task The_version_is_on_the_first_line()
    {
        var version = await rlhf.HereAsync("--version");
        version.Exit.Should().Be(0);
        version.Out.Should().MatchRegex(@"^rlhf \d+\.\d+\.\d+\n\.NET ").And.Contain("TorchSharp").And.Contain("Parquet").And.Contain("Microsoft.ML.Tokenizers");
    }

    [Theory]
    [InlineData("'runn' is not a command of 'rlhf' (", "write: rlhf run", "runn", "x.yaml")]
    [InlineData("'--froce' is not an option of 'rlhf run' (", "write: --force", "run", "small.yaml", "--froce")]
    [InlineData("'--hepl' is not an option of 'rlhf run' (", "write: --help", "run", "--hepl")]
    [InlineData("'--onyl' is not an option of 'rlhf rerun' (", "write: --only", "rerun", "small.yaml", "pairs", "--onyl")]
    [InlineData("'rlhf plan' needs FILE", "write: rlhf plan pipelines/quickstart.yaml", "plan")]
    [InlineData("--rows: 'many' is not a whole number.", "Default: 3", "show", "small.yaml", "pairs", "--rows", "many")]
    [InlineData("--store needs a value", "RLHF_STORE", "run", "small.yaml", "--store")]
    [InlineData("'b' is one word too many for 'rlhf check'.", "write: rlhf check", "check", "small.yaml", "b")]
    [InlineData("'tcsh' is not one of bash, zsh, fish.", "rlhf completion --help", "completion", "tcsh")]
    [InlineData("'jsonn' is not one of table, csv, json, jsonl.", "write: json", "show", "small.yaml", "pairs", "--format", "jsonn")]
    [InlineData("--json and --quiet say opposite things", "Leave one out", "run", "small.yaml", "--json", "--quiet")]
    public async Task A_wrong_word_is_answered_with_a_right_one(string says, string write, params string[] arguments)
    {
        var wrong = await rlhf.HereAsync(arguments);
        (wrong.Exit, wrong.Out).Should().Be((2, ""));
        wrong.Error.Should().Contain(says).And.Contain(write).And.Contain("See: rlhf").And.NotContain("   at ");
    }

    [Fact]
    public async Task A_misspelt_option_is_told_alone_though_its_value_stands_behind_it() =>
        (await rlhf.HereAsync("check", "--sett", "a=b", "small.yaml")).Error.TrimEnd().Split('\n').Should().HaveCount(2).And.Contain(l => l.EndsWith("write: --set"));
}
