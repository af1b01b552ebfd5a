using System.Diagnostics;
using DataflowRlhf.Runner.CommandLine;

namespace DataflowRlhf.Runner.Tests;

public sealed class CompletionTests : IDisposable
{
    private const string Pipeline = """
        pipeline: small
        params: { voters: 2 }
        stages:
          pairs:     { uses: make-preferences }
          tokenizer: { uses: train-tokenizer, from: pairs }
          tokens:    { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer } }
          voter:     { uses: train-reward, foreach: { voter: "1..${voters}" }, from: { pairs: tokens, ini
        """;

    private const string Whole = """
        pipeline: small
        params: { voters: 2 }
        stages:
          pairs:     { uses: make-preferences }
          tokenizer: { uses: train-tokenizer, from: pairs }
          tokens:    { uses: tokenize, from: { pairs: pairs, tokenizer: nothing } }
          clean:     { uses: relabel, from: nothing }
          voter:     { uses: train-reward, foreach: { voter: "1..${voters}" }, from: { pairs: tokens } }
        """;

    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    private async Task<string> AskAsync(string line)
    {
        rlhf.Write("small.yaml", Whole);
        rlhf.Write("notes.txt", "");
        rlhf.Write("more/other.yml", Whole);
        var answer = await rlhf.HereAsync($"[suggest:{line.Length}]", line);
        (answer.Exit, answer.Error).Should().Be((0, ""));
        return string.Join(' ', answer.Out.Split('\n').Select(l => l.Split('\t')[0]));
    }

    [Theory]
    [InlineData("rlhf re", "rerun")]
    [InlineData("./rlhf comp", "completion")]
    [InlineData("rlhf run ", "more/ small.yaml")]
    [InlineData("rlhf run more/", "more/other.yml")]
    [InlineData("rlhf run small.yaml --fr", "--from")]
    [InlineData("rlhf run small.yaml --from to", "tokenizer tokens")]
    [InlineData("rlhf run small.yaml --only pairs,vo", "pairs,voter pairs,voter[1] pairs,voter[2]")]
    [InlineData("rlhf run small.yaml --only 'voter[2],to", "voter[2],tokenizer voter[2],tokens")]
    [InlineData("rlhf rerun small.yaml pairs tok", "tokenizer tokens")]
    [InlineData("rlhf run small.yaml --from=pa", "--from=pairs")]
    [InlineData("rlhf run small.yaml --set v", "voters= voter.")]
    [InlineData("rlhf run small.yaml --set clean.flip", "clean.flip-below= clean.flip-quantile=")]
    [InlineData("rlhf run small.yaml --set clean.recipe=fl", "clean.recipe=flip clean.recipe=flip+margin")]
    [InlineData("rlhf stages rel", "relabel")]
    [InlineData("rlhf help sch", "schema")]
    [InlineData("rlhf completion ", "bash fish zsh")]
    [InlineData("rlhf graph small.yaml --format m", "mermaid")]
    [InlineData("rlhf run small.yaml --store m", "more/")]
    [InlineData("rlhf nothing ", "")]
    public async Task A_line_goes_on(string line, string words) => (await AskAsync(line)).Should().Be(words);

    [Fact]
    public void A_file_in_the_making_is_no_reason_to_fail()
    {
        var file = rlhf.Write("torn.yaml", Pipeline);
        Completion.Of(Program.Root(), $"rlhf run {file} --from pa").Should().BeEmpty();
        Completion.Of(Program.Root(), "rlhf run nowhere.yaml --from pa").Should().BeEmpty();
    }

    [Fact]
    public async Task What_a_store_has_is_offered_by_its_names()
    {
        var file = rlhf.Write("small.yaml", "pipeline: small\nstages:\n  pairs: { uses: make-preferences, with: { pairs: 40, ood: 4 } }\n");
        (await rlhf.HereAsync("run", file, "-q")).Exit.Should().Be(0);
        (await rlhf.HereAsync("pin", "good-pairs", "small:pairs")).Exit.Should().Be(0);
        var store = Path.Combine(rlhf.Folder, ".rlhf");
        var before = Directory.GetFileSystemEntries(store, "*", SearchOption.AllDirectories);
        string[] Words(string line) => [.. Completion.Of(Program.Root(), line.Replace("STORE", store, StringComparison.Ordinal)).Select(w => w.Word)];

        Words("rlhf show --store STORE ").Should().StartWith(["good-pairs", "small:pairs"]);
        Words("rlhf lineage --store=STORE small").Should().StartWith("small:pairs");
        Words($"rlhf lineage {file} p").Should().Equal("pairs");
        Words("rlhf export --store STORE ").Should().Equal("good-pairs", "small:pairs");
        Words("rlhf pin other --store STORE small:").Should().Equal("small:pairs");
        Words("rlhf pin --store STORE --remove ").Should().Equal("good-pairs");
        Words("rlhf diff --store STORE last s").Should().Equal("small:pairs");
        Words("rlhf diff --store STORE ").Should().HaveCount(4).And.StartWith("last");
        Words("rlhf gc --store STORE --forget ").Should().Equal("small");
        Words("rlhf export --store nowhere ").Should().BeEmpty();
        Directory.GetFileSystemEntries(store, "*", SearchOption.AllDirectories).Should().BeEquivalentTo(before);
    }

    [Fact]
    public void Words_are_parted_as_a_shell_does()
    {
        ShellWords.Split("rlhf run 'a b' \"c \\\" d\" e\\ f ").Should().Equal("rlhf", "run", "a b", "c \" d", "e f", "");
        ShellWords.Split("rlhf ''").Should().Equal("rlhf", "");
    }

    [Theory]
    [InlineData("rlhf run small.yaml --only tok", @"tokenizer tokens")]
    [InlineData("rlhf run small.yaml --only voter[", @"voter\[1\] voter\[2\]")]
    [InlineData("rlhf run small.yaml --only 'voter[", @"voter[1] voter[2]")]
    [InlineData("rlhf run small.yaml --set clean.recipe", @"clean.recipe=")]
    [InlineData("rlhf run small.yaml --from=pa", @"pairs")]
    [InlineData("rlhf ver", "verify")]
    public async Task Bash_completes(string line, string replies)
    {
        rlhf.Write("small.yaml", Whole);
        rlhf.Write("bin/rlhf", $"#!/bin/sh\nexec dotnet {Path.Combine(AppContext.BaseDirectory, "rlhf.dll")} \"$@\"\n");
        rlhf.Write("ask.sh", """
            chmod +x bin/rlhf
            PATH=$PWD/bin:$PATH
            source <(rlhf completion bash)
            complete -p rlhf >/dev/null || exit 3
            COMP_LINE=$1 COMP_POINT=${#1}
            read -ra COMP_WORDS <<<"$1"
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _rlhf rlhf "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            echo "${COMPREPLY[*]}"
            """);
        (await BashAsync("ask.sh", line)).Should().Be((0, replies, ""));
    }

    [Fact]
    public async Task The_launcher_neither_builds_nor_prints_for_a_shell_that_asks()
    {
        File.Copy(Repository.Path("rlhf"), Path.Combine(rlhf.Folder, "rlhf"));
        (await BashAsync("rlhf", "[suggest:6]", "rlhf r")).Should().Be((0, "", ""));
        Directory.GetFileSystemEntries(rlhf.Folder).Should().ContainSingle();
    }

    [Fact]
    public async Task Every_shell_has_a_script()
    {
        (await rlhf.HereAsync("completion", "bash")).Out.Should().Contain("complete -F _rlhf rlhf");
        (await rlhf.HereAsync("completion", "zsh")).Out.Should().StartWith("#compdef rlhf").And.Contain("compadd");
        (await rlhf.HereAsync("completion", "fish")).Out.Should().Contain("complete -c rlhf -f -a");
    }

    private async Task<(int Exit, string Out, string Error)> BashAsync(params string[] arguments)
    {
        using var bash = new Process
        {
            StartInfo = new ProcessStartInfo("bash", arguments) { WorkingDirectory = rlhf.Folder, RedirectStandardOutput = true, RedirectStandardError = true },
        };
        bash.Start();
        var error = bash.StandardError.ReadToEndAsync();
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        return (bash.ExitCode, output.TrimEnd(), await error);
    }
}
