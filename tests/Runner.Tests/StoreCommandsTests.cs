namespace DataflowRlhf.Runner.Tests;

public sealed class StoreCommandsTests : IDisposable
{
    private const string Pairs = "pipeline: small\nstages:\n  pairs: { uses: make-preferences, with: { pairs: 200, ood: 20 } }\n";
    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    private async Task<string> StoreAsync()
    {
        var file = rlhf.Write("small.yaml", Pairs);
        (await rlhf.HereAsync("run", file)).Exit.Should().Be(0);
        return file;
    }

    [Fact]
    public async Task What_is_pinned_stays_and_the_rest_goes()
    {
        var file = await StoreAsync();
        (await rlhf.HereAsync("pin", "first", "small:pairs")).Out.Should().MatchRegex("^first is pairs \\(make-preferences\\), [0-9a-f]{12}$");
        (await rlhf.HereAsync("run", file, "--set", "pairs.pairs=210")).Exit.Should().Be(0);
        (await rlhf.HereAsync("run", file, "--set", "pairs.pairs=220")).Exit.Should().Be(0);
        var dry = await rlhf.HereAsync("gc", "--keep-days", "0", "--dry-run");
        (dry.Exit, dry.Error).Should().Be((0, ""));
        dry.Out.Should().MatchRegex("  would go  +[0-9]+ MB  artifact    small:pairs  [0-9a-f]{12}, used ").And.MatchRegex("  would go  +[0-9]+ MB  run         [0-9]{8}-[0-9]{6}-[0-9a-f]{3} of small, used ")
            .And.Contain("\n2 would go").And.Contain("2 artifacts stay (1 named, 1 latest)").And.Contain("6 empty lock files would go, too.");
        (await rlhf.HereAsync("gc", "--keep-days", "0")).Out.Should().Contain("\n2 gone").And.Contain("6 empty lock files went, too.");
        (await rlhf.HereAsync("pin", "--list")).Out.Should().StartWith("  first  ");
        (await rlhf.HereAsync("pin", "--remove", "first")).Exit.Should().Be(0);
        (await rlhf.HereAsync("gc", "--keep-days", "0", "--forget", "small")).Out.Should().Contain("\n4 gone", "two artifacts and the runs that made them").And.Contain("0 artifacts stay.");
    }

    [Fact]
    public async Task Wrong_commands_end_with_two_and_say_what_to_write()
    {
        await StoreAsync();
        foreach (var (arguments, says) in ((string[], string)[])[
            (["pin", "first"], "write: rlhf pin NAME ARTIFACT"),
            (["pin", "first", "small:pair"], "write: small:pairs"),
            (["pin", "fir/st", "small:pairs"], "'fir/st' cannot be a name"),
            (["pin", "--remove", "none"], "There is no name 'none'"),
            (["pin", "--list", "--store", "nowhere"], "There is no store in nowhere"),
            (["gc", "--store", "nowhere"], "There is no store in nowhere"),
            (["gc", "--keep-days", "-1"], "write: --keep-days 14"),
            (["gc", "--forget", "smal"], "write: --forget small")])
        {
            var wrong = await rlhf.HereAsync(arguments);
            (wrong.Exit, wrong.Out).Should().Be((2, ""), string.Join(' ', arguments));
            wrong.Error.Should().Contain(says);
        }
    }

    [Fact]
    public async Task An_artifact_goes_from_one_store_to_another()
    {
        await StoreAsync();
        var written = await rlhf.HereAsync("export", "small:pairs", "--output", "pairs.tar");
        (written.Exit, written.Error).Should().Be((0, ""));
        written.Out.Should().MatchRegex("^pairs.tar: pairs \\(make-preferences\\) [0-9a-f]{12}, 1 artifact and 0 records of what it was made from, ");
        var there = await rlhf.HereAsync("export", "small:pairs", "--output", "pairs.tar");
        (there.Exit, there.Error.Contains("write: --overwrite", StringComparison.Ordinal)).Should().Be((2, true), there.Error);
        (await rlhf.HereAsync("export", "small:pair", "--output", "other.tar")).Exit.Should().Be(2);

        var read = await rlhf.HereAsync("import", "pairs.tar", "--store", "other", "--pin", "theirs");
        (read.Exit, read.Error).Should().Be((0, ""));
        read.Out.Should().EndWith(": 1 artifact and 0 records imported.");
        (await rlhf.HereAsync("import", "pairs.tar", "--store", "other")).Out.Should().EndWith("all of it was there already.");
        rlhf.Digests("other").Should().Equal(rlhf.Digests(".rlhf"));
        (await rlhf.HereAsync("pin", "--store", "other")).Out.Should().Contain("theirs");
        (await rlhf.HereAsync("verify", "--store", "other")).Exit.Should().Be(0);

        rlhf.Write("torn.tar", "torn");
        var torn = await rlhf.HereAsync("import", "torn.tar");
        (torn.Exit, torn.Out).Should().Be((1, ""));
        torn.Error.Should().Contain("torn.tar is no whole archive of an artifact").And.Contain("Nothing was imported");
        (await rlhf.HereAsync("import", "none.tar")).Exit.Should().Be(2);
    }

    [Fact]
    public async Task An_older_output_is_accepted_and_everybody_says_so()
    {
        var file = await StoreAsync();
        string[] set = ["--set", "pairs.pairs=210"];
        (await rlhf.HereAsync(["accept", file, "pairs"])).Out.Should().Be("pairs: is in the store; there is nothing to accept");
        var accepted = await rlhf.HereAsync(["accept", file, "pairs", .. set]);
        (accepted.Exit, accepted.Error).Should().Be((0, ""));
        const string Says = "accepted on [0-9-]{10}, made as [0-9a-f]{12}, in spite of option pairs: 200 → 210";
        accepted.Out.Should().MatchRegex($"^pairs: {Says}$");
        (await rlhf.HereAsync(["accept", file, "pairs", .. set])).Out.Should().MatchRegex($"^pairs: was {Says}$");
        (await rlhf.HereAsync(["plan", file, .. set])).Out.Should().MatchRegex($"  hit +pairs +in the store, {Says}");
        (await rlhf.HereAsync(["why", file, "pairs", .. set])).Out.Should().MatchRegex("  accepted .* UTC, in spite of:\n +option +pairs  200 → 210");
        (await rlhf.HereAsync(["run", file, .. set])).Out.Should().Contain("0 stages ran, 1 found in the store").And.MatchRegex(Says);
        (await rlhf.HereAsync("verify")).Exit.Should().Be(0);
        var never = await rlhf.HereAsync("accept", rlhf.Write("other.yaml", Pairs.Replace("pipeline: small", "pipeline: other", StringComparison.Ordinal)), "pairs", "--set", "pairs.pairs=211");
        (never.Exit, never.Out).Should().Be((2, ""));
        never.Error.Should().Contain("no older output of pairs").And.Contain("write: rlhf run other.yaml");
    }
}
