using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DataflowRlhf.Runner.Tests;

/// <summary><c>rlhf plan --json</c>, and the page that says what it holds.</summary>
public sealed class PlanJsonTests : IDisposable
{
    private const string Small = """
        pipeline: small
        seed: 3
        stages:
          pairs:     { uses: make-preferences, with: { pairs: 100, ood: 10 } }
          tokenizer: { uses: train-tokenizer, from: pairs, with: { vocab-size: 320 } }
          tokens:    { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer }, with: { max-tokens: 256 } }
        """;

    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    [Fact]
    public async Task A_plan_for_programs_says_what_that_for_people_says()
    {
        var file = rlhf.Write("small.yaml", Small);
        (await rlhf.HereAsync("run", file, "-q")).Exit.Should().Be(0);

        var told = await rlhf.HereAsync("plan", file, "--json", "--set", "tokenizer.vocab-size=300");

        (told.Exit, told.Error).Should().Be((0, ""));
        var plan = JsonNode.Parse(told.Out)!;
        ((string)plan["pipeline"]!, plan["warnings"]!.AsArray().Count).Should().Be(("small", 0));
        var stages = plan["stages"]!.AsArray().Select(s => s!.AsObject()).ToList();
        stages.Select(s => (string)s["stage"]! + " " + (string)s["decision"]!).Should().Equal("pairs hit", "tokenizer run", "tokens waits");
        ((string)stages[0]["key"]!).Should().MatchRegex("^[0-9a-f]{64}$");
        stages[0]["seconds"].Should().BeNull("it does not run");
        ((string)stages[1]["reason"]!).Should().Be("option vocab-size: 320 → 300");
        ((double)stages[1]["seconds"]!).Should().BePositive("it ran before");
        ((bool)stages[1]["rough"]!).Should().BeTrue("with another option");
        stages[2]["key"].Should().BeNull("an input is open");
        stages[2]["waits-for"]!.AsArray().Select(n => (string)n!).Should().Equal("tokenizer");

        var page = Regex.Matches(await File.ReadAllTextAsync(Repository.Path("docs", "running.md")), @"^\| `([a-z-]+)` \|", RegexOptions.Multiline).Select(m => m.Groups[1].Value);
        page.Should().Equal(stages[0].Select(f => f.Key), "docs/running.md has each field, in order");
    }
}
