using System.Diagnostics;
using System.Globalization;

namespace DataflowRlhf.Runner.Tests;

/// <summary>Slices, quiet runs and exit codes, as a user meets them.</summary>
public sealed class SliceCommandTests : IDisposable
{
    private const string Small = """
        pipeline: small
        seed: 3
        stages:
          pairs:     { uses: make-preferences, with: { pairs: 300, ood: 20 } }
          tokenizer: { uses: train-tokenizer, from: pairs, with: { vocab-size: 320 } }
          tokens:    { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer }, with: { max-tokens: 256 } }
        """;

    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    [Fact]
    public async Task A_slice_runs_what_it_says_and_nothing_else()
    {
        var file = rlhf.Write("small.yaml", Small);
        var early = await rlhf.HereAsync("run", file, "--from", "tokens");
        (early.Exit, early.Out).Should().Be((2, ""));
        early.Error.Should().Contain("pairs: the store has nothing of it").And.Contain("tokenizer: the store has nothing of it").And.Contain("write: rlhf run small.yaml --to tokenizer");
        (await rlhf.HereAsync("run", file, "--only", "tokenizer", "--set", "pairs.pairs=200")).Error.Should().EndWith("write: rlhf run small.yaml --to pairs --set pairs.pairs=200\n", "without the setting it would be another stage");
        (await rlhf.HereAsync("run", file, "--to", "tokenizer")).Out.Should().Contain("2 stages ran, 0 found");
        (await rlhf.HereAsync("run", file, "--from", "tokens")).Out.Should().Contain("1 stage ran, 2 found");

        var stale = await rlhf.HereAsync("run", file, "--from", "tokenizer", "--to", "tokens", "--set", "pairs.pairs=200");
        stale.Exit.Should().Be(0);
        stale.Out.Should().Contain("warning pairs: is out of date").And.Contain("0 stages ran, 3 found");
        (await rlhf.HereAsync("plan", file, "--from", "tokenizer", "--set", "pairs.pairs=200")).Out.Should()
            .MatchRegex("kept +pairs +out of date, and taken as it is: option pairs: 300 → 200").And.MatchRegex("hit +tokens");

        (await rlhf.HereAsync("run", "--force", file)).Out.Should().Contain("3 stages ran, 0 found");
        (await rlhf.HereAsync("run", file, "--force")).Out.Should().Contain("3 stages ran, 0 found");
        (await rlhf.HereAsync("run", file, "--force", "pairs,tokens")).Out.Should().Contain("2 stages ran, 1 found");
        (await rlhf.HereAsync("run", file, "--only", "tokenizer", "--only", "tokens", "--force")).Out.Should().Contain("2 stages ran, 1 found");
        (await rlhf.HereAsync("rerun", file, "tokenizer", "tokens", "--only")).Out.Should().Contain("2 stages ran, 1 found");
    }

    [Fact]
    public async Task Every_mistake_of_a_slice_comes_at_once()
    {
        var wrong = await rlhf.HereAsync("run", rlhf.Write("small.yaml", Small), "--from", "pars", "--force", "tokns,tokenizer[2]");
        (wrong.Exit, wrong.Out).Should().Be((2, ""));
        wrong.Error.TrimEnd().Split('\n').Should().HaveCount(3).And.Contain(l => l.StartsWith("--from: ") && l.EndsWith("write: pairs"));
    }

    [Fact]
    public async Task Quiet_says_only_what_is_wrong()
    {
        var file = rlhf.Write("small.yaml", Small);
        (await rlhf.HereAsync("run", file, "--quiet")).Should().Be((0, "", ""));
        var stale = await rlhf.HereAsync("run", file, "-q", "--only", "tokenizer", "--set", "pairs.pairs=200");
        (stale.Exit, stale.Out, stale.Error).Should().Be((0, "", "warning pairs: is out of date; its last artifact is used as it is.\n"));
        var failed = await rlhf.HereAsync("run", rlhf.Write("fails.yaml", Fails()), "--quiet");
        (failed.Exit, failed.Out).Should().Be((1, ""));
        failed.Error.Should().Contain("Failed: pairs: ");
    }

    [Fact]
    public async Task A_stage_that_fails_ends_with_one()
    {
        var failed = await rlhf.HereAsync("run", rlhf.Write("fails.yaml", Fails()));
        failed.Exit.Should().Be(1, failed.Out + failed.Error);
        failed.Out.Should().Contain("FAILED  pairs").And.Contain("What finished before it is kept");
    }

    [Fact]
    public async Task Two_interrupts_end_with_130_and_the_next_run_goes_on()
    {
        var file = rlhf.Write("training.yaml", Small + "\n  sft: { uses: train-sft, from: { pairs: tokens, tokenizer: tokenizer }, with: { hidden-size: 32, layers: 1, heads: 2, ffn-size: 64, max-positions: 256, epochs: 3, batch-size: 16 } }\n");
        var stopped = await rlhf.RunAsync(
            at =>
            {
                if (at.Line.Contains("start   sft", StringComparison.Ordinal))
                    for (var i = 0; i < 2; i++)
                        Process.Start("kill", ["-INT", at.Process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
            },
            "run", file);
        stopped.Exit.Should().Be(130, stopped.Out + stopped.Error);
        (await rlhf.HereAsync("run", file)).Out.Should().Contain("1 stage ran, 3 found");
    }

    /// <summary>A file that checks, with rows that are none.</summary>
    private string Fails()
    {
        rlhf.Write("rows.jsonl", "this is no row\n");
        return "pipeline: fails\nstages:\n  pairs: { uses: read-preferences, with: { path: rows.jsonl } }\n";
    }
}
