using System.Diagnostics;
using System.Text.RegularExpressions;

namespace DataflowRlhf.Runner.Tests;

/// <summary>docs/adding-a-stage.md as a reader follows it: its files written, its commands typed, without a network.</summary>
public sealed class AddingAStageTests : IDisposable
{
    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    [Fact]
    public async Task The_page_works_as_it_stands()
    {
        var page = await File.ReadAllTextAsync(Repository.Path("docs", "adding-a-stage.md"));
        var said = new List<string>();
        foreach (Match block in Regex.Matches(page, "```(\\w+)\n(.*?)```", RegexOptions.Singleline))
        {
            var text = block.Groups[2].Value;
            if (block.Groups[1].Value != "sh")
                rlhf.Write(Regex.Match(text, @"^(?://|#) (\S+)").Groups[1].Value, text);
            else
                foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                    said.Add(await TypeAsync(line));
        }
        said.Should().HaveCount(6);
        said[2].Should().Contain("is right: 'loud', 2 stages");
        said[3].Should().Contain("2 stages ran");
        said[4].Should().Contain("loudness: float").And.Contain("at-most  a number from 0 to 1, default 0.5");
        said[5].Should().Contain("shout keeps every rule.");

        // Another line of code stales the stage, and that alone.
        var code = Path.Combine(rlhf.Folder, "shout", "Shout.cs");
        await File.WriteAllTextAsync(code, (await File.ReadAllTextAsync(code)).Replace("\"too loud\"", "\"much too loud\"", StringComparison.Ordinal));
        await TypeAsync("dotnet build shout --no-restore");
        (await TypeAsync("./rlhf plan loud.yaml")).Should().Contain("hit     pairs").And.MatchRegex("run     loud .*code");

        (await rlhf.RunAsync("check", rlhf.Write("near.yaml", "pipeline: near\nplugins: [shout/bin/Shout.dll]\nstages:\n  loud: { uses: shoot }\n"))).Error.Should().Contain("write:  uses: shout");
    }

    [Fact]
    public async Task New_files_are_checked_named_and_never_overwritten()
    {
        var stage = await rlhf.HereAsync("new", "stage", "my-filter");
        (stage.Exit, stage.Error).Should().Be((0, ""));
        Directory.GetFiles(Path.Combine(rlhf.Folder, "my-filter")).Select(Path.GetFileName).Should().BeEquivalentTo("MyFilter.csproj", "MyFilter.cs", "my-filter.yaml", "Directory.Build.props");
        await TypeAsync("dotnet build my-filter");
        (await TypeAsync("./rlhf run my-filter/my-filter.yaml")).Should().Contain("2 stages ran");

        var again = await rlhf.HereAsync("new", "stage", "my-filter");
        (again.Exit, again.Error).Should().Be((2, "my-filter/MyFilter.csproj is there already, and nothing is overwritten. Another place: --output\n"));
        (await rlhf.HereAsync("new", "stage", "My Filter")).Error.Should().Contain("write: my-filter");
        (await rlhf.HereAsync("new", "stage", "ppo")).Error.Should().Contain("write: rlhf new stage my-ppo");
        (await rlhf.HereAsync("prove", "ppoo")).Error.Should().Contain("write: rlhf prove ppo");
        (await rlhf.HereAsync("stages", "--plugin", "none.dll")).Should().Match<(int Exit, string, string Error)>(r => r.Exit == 2 && r.Error.StartsWith("--plugin none.dll: there is no file"));
    }

    [Fact]
    public async Task A_new_pipeline_checks_and_runs()
    {
        (await rlhf.HereAsync("new", "pipeline", "first", "--output", "mine/first.yaml")).Exit.Should().Be(0);
        var file = Path.Combine(rlhf.Folder, "mine", "first.yaml");
        (await File.ReadAllTextAsync(file)).Should().Contain("# yaml-language-server: $schema=pipeline.schema.json");
        File.Exists(Path.Combine(rlhf.Folder, "mine", "pipeline.schema.json")).Should().BeTrue();
        (await rlhf.HereAsync("run", "mine/first.yaml", "--set", "pairs.pairs=60", "--set", "voters=2")).Out.Should().Contain("12 stages ran");
        (await rlhf.HereAsync("new", "pipeline", "first", "--output", "mine/first.yaml")).Exit.Should().Be(2);
    }

    private async Task<string> TypeAsync(string line)
    {
        var words = line.Split(' ');
        var (exit, output, error) = words[0] == "./rlhf" ? await rlhf.RunAsync(words[1..]) : await BuildAsync(words[1..]);
        exit.Should().Be(0, line + "\n" + output + error);
        return output;
    }

    private async Task<(int Exit, string Out, string Error)> BuildAsync(string[] words)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [.. words, "-nodeReuse:false", "-v:q"]) { WorkingDirectory = rlhf.Folder, RedirectStandardOutput = true, RedirectStandardError = true },
        };
        process.Start();
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        return (process.ExitCode, output, await error);
    }
}
