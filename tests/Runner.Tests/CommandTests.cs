namespace DataflowRlhf.Runner.Tests;

public sealed class CommandTests : IDisposable
{
    private const string Small = """
        # A small one.
        pipeline: small
        seed: 3
        stages:
          pairs:     { uses: make-preferences, with: { pairs: 300, ood: 20 } }
          tokenizer: { uses: train-tokenizer, from: pairs, with: { vocab-size: 320 } }
          tokens:    { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer }, with: { max-tokens: 256 } }
        """;

    private const string Training = Small + """

          sft: { uses: train-sft, from: { pairs: tokens, tokenizer: tokenizer }, with: { hidden-size: 32, layers: 1, heads: 2, ffn-size: 64, max-positions: 256, epochs: 2, batch-size: 16 } }
        """;

    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    [Fact]
    public async Task Help_teaches()
    {
        var help = await rlhf.RunAsync("--help");
        help.Exit.Should().Be(0);
        help.Out.Should().Contain("rlhf run pipelines/quickstart.yaml").And.Contain("Exit codes").And.Contain("rerun");
        (await rlhf.HereAsync("run", "--help")).Out.Should().Contain("--set").And.Contain("--store").And.Contain("--device");
    }

    [Fact]
    public async Task A_word_that_is_no_command_ends_with_two()
    {
        var wrong = await rlhf.RunAsync("runn", "x.yaml");
        wrong.Exit.Should().Be(2);
        wrong.Error.Should().Contain("runn").And.Contain("rlhf --help");
    }

    [Fact]
    public async Task Stages_shows_what_there_is_and_one_stages_page()
    {
        (await rlhf.HereAsync("stages")).Out.Should().Contain("relabel").And.Contain("meta-update");
        (await rlhf.HereAsync("stages", "relabel")).Out.Should().Contain("flip-below").And.Contain("strength_mean: float");
        (await rlhf.HereAsync("stages", "annotate-strength")).Out.Should().Contain("leaves").And.NotContain("\nwith", "it has no options");
        var wrong = await rlhf.HereAsync("stages", "relable");
        wrong.Exit.Should().Be(2);
        wrong.Error.Should().Contain("relabel");
    }

    [Fact]
    public async Task Stages_are_told_to_programs_as_well()
    {
        var all = System.Text.Json.Nodes.JsonNode.Parse((await rlhf.HereAsync("stages", "--json")).Out)!.AsArray();
        all.Should().HaveCountGreaterThan(10).And.OnlyContain(s => s!["summary"]!.GetValue<string>().EndsWith('.') && s["example"]!.GetValue<string>().Contains("uses: " + s["name"]));
        var one = System.Text.Json.Nodes.JsonNode.Parse((await rlhf.HereAsync("stages", "relabel", "--json")).Out)!;
        one["from"]![0]!["needs"]![0]!["name"]!.GetValue<string>().Should().Be("strength_mean");
        one["leaves"]!["passes-on"]!.GetValue<string>().Should().Be("pairs");
        one["with"]!.AsArray().Single(o => o!["name"]!.GetValue<string>() == "margin-scale")!.ToJsonString().Should().Contain("\"default\":1,\"minimum\":0,\"maximum\":1000000");
    }

    [Fact]
    public async Task Looking_for_an_artifact_makes_no_store()
    {
        (await rlhf.HereAsync("show", "small:pairs", "--store", "nowhere")).Should().Be((2, "", "There is no store in nowhere.  Another: --store DIR\n"));
        Directory.Exists(Path.Combine(rlhf.Folder, "nowhere")).Should().BeFalse();
    }

    [Fact]
    public async Task All_mistakes_come_at_once_and_nothing_runs()
    {
        var file = rlhf.Write("wrong.yaml", Small.Replace("vocab-size", "vocab-sise").Replace("uses: tokenize,", "uses: tokenise,"));
        var wrong = await rlhf.HereAsync("run", file);
        wrong.Exit.Should().Be(2);
        wrong.Error.Should().Contain("has 2 mistakes. Nothing was run.").And.Contain("vocab-size").And.Contain("write:  uses: tokenize");
        Directory.Exists(Path.Combine(rlhf.Folder, ".rlhf")).Should().BeFalse();
    }

    [Fact]
    public async Task Runs_finds_plans_and_shows()
    {
        var file = rlhf.Write("small.yaml", Small);
        var first = await rlhf.RunAsync("run", file);
        first.Exit.Should().Be(0, first.Out + first.Error);
        first.Out.Should().Contain("done    tokens").And.Contain("3 stages ran, 0 found in the store");
        (await rlhf.HereAsync("run", file)).Out.Should().Contain("0 stages ran, 3 found in the store");
        (await rlhf.HereAsync("plan", file, "--set", "tokenizer.vocab-size=300")).Out.Should()
            .Contain("hit     pairs").And.Contain("option vocab-size: 320 → 300").And.MatchRegex(@"waits +tokens");
        var shown = await rlhf.HereAsync("show", file, "tokens", "--rows", "1");
        shown.Out.Should().Contain("prompt_ids: [").And.Contain("key ");
        var alone = await rlhf.HereAsync("rerun", file, "tokens", "--only");
        alone.Exit.Should().Be(0);
        alone.Out.Should().Contain("1 stage ran");
    }

    [Fact]
    public async Task Events_are_lines_of_json()
    {
        var ran = await rlhf.HereAsync("run", rlhf.Write("small.yaml", Small), "--json");
        ran.Exit.Should().Be(0, ran.Error);
        var lines = ran.Out.Split('\n').Select(l => System.Text.Json.Nodes.JsonNode.Parse(l)!["event"]!.GetValue<string>()).ToList();
        lines.Should().Contain("done", ran.Out).And.EndWith("end");
    }

    [Fact]
    public async Task Killed_in_the_middle_and_started_again_makes_the_same()
    {
        var file = rlhf.Write("training.yaml", Training);
        (await rlhf.HereAsync("run", file, "--store", "whole")).Exit.Should().Be(0);
        var killed = await rlhf.RunAsync(
            at =>
            {
                if (at.Line.Contains("start   sft", StringComparison.Ordinal))
                    at.Process.Kill();
            },
            "run", file, "--store", "torn");
        killed.Exit.Should().Be(137);
        rlhf.Digests("torn").Keys.Should().NotContain("sft");
        (await rlhf.HereAsync("run", file, "--store", "torn")).Exit.Should().Be(0);
        rlhf.Digests("torn").Should().BeEquivalentTo(rlhf.Digests("whole"));
        Directory.EnumerateFileSystemEntries(Path.Combine(rlhf.Folder, "torn", "tmp")).Should().BeEmpty();
    }

    [Theory]
    [InlineData("cannot be used", "run", "small.yaml", "--store", "")]
    [InlineData("cannot be used", "plan", "small.yaml", "--store", "small.yaml")]
    [InlineData("is a folder; name a file in it", "check", ".")]
    [InlineData("There is no stage 'tokns' in it (pairs, tokenizer, tokens).  write: tokens", "show", "small.yaml", "tokns")]
    [InlineData("There is no stage 'tokns' in it (pairs, tokenizer, tokens).  write: tokens", "why", "small.yaml", "tokns")]
    [InlineData("There is no stage 'tokns' in it", "plan", "small.yaml", "--only", "tokns")]
    [InlineData("There is no stage 'tokns' in it", "rerun", "small.yaml", "tokns")]
    [InlineData("say opposite things", "rerun", "small.yaml", "tokens", "--only", "--downstream")]
    [InlineData("--stall-after '5' is no length of time", "run", "small.yaml", "--stall-after", "5")]
    [InlineData("--stall-after '5' is no length of time", "quarantine", "replay", "small.yaml", "tokens", "--stall-after", "5")]
    [InlineData("'tpu' is no device", "show", "small.yaml", "tokens", "--device", "tpu")]
    [InlineData("'tpu' is no device", "check", "small.yaml", "--device", "tpu")]
    [InlineData("Nothing was run: pairs does not turn rows into rows", "quarantine", "replay", "small.yaml", "pairs")]
    [InlineData("'tpu' is no device", "run", "small.yaml", "--device", "tpu")]
    public async Task A_wrong_word_is_one_clear_line_and_ends_with_two(string words, params string[] arguments)
    {
        rlhf.Write("small.yaml", Small);
        var wrong = await rlhf.HereAsync(arguments);
        wrong.Error.Should().Contain(words).And.NotContain("   at ");
        wrong.Exit.Should().Be(2);
    }

    [Fact]
    public async Task A_mistake_is_shown_without_control_codes_and_not_without_end()
    {
        var file = rlhf.Write("long.yaml", Small.Replace("300", $"\"\\e[31m{new string('x', 100_000)}\""));
        var wrong = await rlhf.HereAsync("check", file);
        wrong.Exit.Should().Be(2);
        wrong.Error.Length.Should().BeLessThan(5_000);
        wrong.Error.Should().Contain("[31mxxx").And.NotContain("\u001b");
        var many = rlhf.Write("many.yaml", "pipeline: many\nstages:\n" + string.Concat(Enumerable.Range(0, 150).Select(i => $"  s{i}: {{ uses: nothing }}\n")));
        (await rlhf.HereAsync("check", many)).Error.Should().Contain("has 150 mistakes").And.Contain("… and 50 more.").And.NotContain("s100.uses");
    }

    [Fact]
    public async Task Interrupted_ends_with_130_and_a_clean_store()
    {
        var file = rlhf.Write("training.yaml", Training.Replace("epochs: 2", "epochs: 200"));
        var stopped = await rlhf.RunAsync(
            at =>
            {
                if (at.Line.Contains("start   sft", StringComparison.Ordinal))
                    System.Diagnostics.Process.Start("kill", ["-INT", at.Process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]).WaitForExit();
            },
            "run", file);
        stopped.Exit.Should().Be(130, stopped.Out + stopped.Error);
        stopped.Out.Should().Contain("Ctrl-C again ends at once").And.Contain("Interrupted. What finished is kept");
        Directory.EnumerateFileSystemEntries(Path.Combine(rlhf.Folder, ".rlhf", "tmp")).Should().BeEmpty();
    }
}
