using System.Text.Json.Nodes;

namespace DataflowRlhf.Runner.Tests;

public sealed class StatusTests : IDisposable
{
    private const string Small = """
        pipeline: small
        seed: 3
        stages:
          pairs:     { uses: make-preferences, with: { pairs: 200, ood: 20 } }
          tokenizer: { uses: train-tokenizer, from: pairs, with: { vocab-size: 320 } }
          tokens:    { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer }, with: { max-tokens: 256 } }
        """;

    private readonly Rlhf rlhf = new();
    private readonly string file;

    public StatusTests() => file = rlhf.Write("small.yaml", Small);

    public void Dispose() => rlhf.Dispose();

    private async Task<string> TellAsync(params string[] arguments)
    {
        var told = await rlhf.HereAsync(arguments);
        (told.Exit, told.Error).Should().Be((0, ""));
        return told.Out;
    }

    [Fact]
    public async Task Stages_stand_never_fresh_stale_waiting_and_missing()
    {
        (await TellAsync("status", file)).Should().Contain("  never    tokens     never ran").And.Contain("3 never.").And.NotContain("Last run");
        (await rlhf.HereAsync("run", file)).Exit.Should().Be(0);
        (await TellAsync("status", file)).Should().MatchRegex("  fresh    tokens     [0-9a-f]{12} of 20..-..-.. ..:.. UTC").And.Contain("3 fresh.").And.MatchRegex("Last run: [0-9]{8}-[0-9]{6}-[0-9a-f]{3}, .*: done");
        (await TellAsync("status", file, "--set", "tokenizer.vocab-size=300")).Should()
            .Contain("  stale    tokenizer  option vocab-size: 320 → 300").And.Contain("  waits    tokens     an input may change (tokenizer)").And.Contain("1 fresh, 1 stale, 1 waits.");
        foreach (var part in Directory.EnumerateFiles(Path.Combine(rlhf.Folder, ".rlhf", "artifacts"), "tokenizer.json", SearchOption.AllDirectories))
            Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(part))!, recursive: true);
        (await TellAsync("status", file)).Should().Contain("  missing  tokenizer  its artifact is gone");
        JsonNode.Parse(await TellAsync("status", file, "--json"))!["stages"]![0]!["standing"]!.GetValue<string>().Should().Be("fresh");
    }

    [Fact]
    public async Task Runs_are_told_newest_first_and_one_that_was_killed_as_such()
    {
        var none = await rlhf.HereAsync("status");
        (none.Exit, none.Out).Should().Be((2, ""));
        none.Error.Should().Contain("there is no store in .rlhf");
        var killed = await rlhf.RunAsync(
            at =>
            {
                if (at.Line.Contains("start   tokenizer", StringComparison.Ordinal))
                    at.Process.Kill();
            },
            "run", file);
        killed.Exit.Should().Be(137);
        (await TellAsync("status")).Should().MatchRegex("^  died        [0-9a-f-]{19}  small  [0-9] ran, 0 found of 3.*its program is gone");
        (await rlhf.HereAsync("run", file)).Exit.Should().Be(0);
        var lines = (await TellAsync("status")).Split('\n');
        lines[0].Should().MatchRegex("^  done        [0-9a-f-]{19}  small  [0-9] ran, [0-9] found, ");
        lines[1].Should().StartWith("  died ");
        JsonNode.Parse(await TellAsync("status", "--json", "--runs", "1"))!["runs"]!.AsArray().Should().ContainSingle();
    }

    [Fact]
    public async Task A_plan_tells_how_long_stages_took()
    {
        (await TellAsync("plan", file)).Should().NotContain("~");
        (await rlhf.HereAsync("run", file)).Exit.Should().Be(0);
        (await TellAsync("plan", file)).Should().NotContain("~", "nothing must run");
        (await TellAsync("plan", file, "--set", "tokens.max-tokens=255")).Should()
            .MatchRegex(@"  run     tokens     ≈ (< 1|[0-9]+) s  option max-tokens: 256 → 255").And.MatchRegex(@"What must run takes (less than 1|about [0-9]+) s\. ~: by up to 1 runs? before");
    }
}
