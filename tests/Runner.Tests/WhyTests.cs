namespace DataflowRlhf.Runner.Tests;

public sealed class WhyTests : IDisposable
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

    public WhyTests() => file = rlhf.Write("small.yaml", Small);

    public void Dispose() => rlhf.Dispose();

    private async Task<string> WhyAsync(string stage, params string[] more)
    {
        var why = await rlhf.HereAsync(["why", file, stage, .. more]);
        (why.Exit, why.Error).Should().Be((0, ""));
        return why.Out;
    }

    [Fact]
    public async Task A_promise_that_what_is_found_does_not_keep_is_told_before_the_run()
    {
        (await rlhf.HereAsync("run", file)).Exit.Should().Be(0);
        rlhf.Write("small.yaml", Small.Replace("ood: 20 } }", "ood: 20 }, promises: [rows >= 1000, quarantined == 0] }"));
        (await rlhf.HereAsync("plan", file)).Out.Should().Contain("in the store; the promise 'rows >= 1000' does not hold: rows is 220: the run fails there");
        (await rlhf.HereAsync("run", file)).Exit.Should().Be(1);
    }

    [Fact]
    public async Task Every_field_that_changed_is_told_with_its_two_values()
    {
        (await WhyAsync("tokens")).Should().Be("tokens (tokenize) never ran.\n  input   pairs, tokenizer may change (never ran)");
        (await rlhf.HereAsync("run", file)).Exit.Should().Be(0);
        var keys = await rlhf.HereAsync("show", file, "tokens", "--rows", "0");

        var found = await WhyAsync("tokens");
        found.Should().MatchRegex("^tokens \\(tokenize\\) is in the store as ([0-9a-f]{12}): nothing changed.\n  since   \\1 of 20");
        keys.Out.Should().Contain("key     " + found.Split("as ")[1][..12]);

        (await WhyAsync("tokens", "--set", "tokens.max-tokens=255")).Should()
            .Contain("tokens (tokenize) must run: option max-tokens: 256 → 255\n  since ").And.Contain("\n  option  max-tokens  256 → 255");

        // A change further up is told where it begins.
        (await WhyAsync("tokens", "--set", "pairs.pairs=210")).Should().Contain("\n  input   pairs may change (option pairs: 200 → 210)")
            .And.Contain("\n  input   tokenizer may change (pairs: option pairs: 200 → 210)");

        var waits = await WhyAsync("tokens", "--set", "tokenizer.vocab-size=300");
        waits.Should().Contain("tokens (tokenize) waits").And.Contain("\n  own     options, seed, device, files and code are as they were")
            .And.Contain("\n  input   tokenizer may change (option vocab-size: 320 → 300)").And.NotContain("input   pairs");

        (await rlhf.HereAsync("rerun", file, "tokenizer", "--only", "--set", "tokenizer.vocab-size=300")).Exit.Should().Be(0);
        (await WhyAsync("tokens", "--set", "tokenizer.vocab-size=300")).Should()
            .Contain("must run: input tokenizer changed").And.MatchRegex("\n  input   tokenizer \\(from tokenizer\\)  [0-9a-f]{12} → [0-9a-f]{12}$");
        (await WhyAsync("tokenizer")).Should().Contain("though not as its latest:").And.Contain("option  vocab-size  300 → 320");
    }

    [Fact]
    public async Task A_stage_that_is_not_there_is_a_wrong_word()
    {
        var wrong = await rlhf.HereAsync("why", file, "tokns");
        (wrong.Exit, wrong.Out).Should().Be((2, ""));
        wrong.Error.Should().Contain("write: tokens");
        (await rlhf.HereAsync("why", "--help")).Out.Should().Contain("rlhf why pipelines/quickstart.yaml clean --set");
    }
}
