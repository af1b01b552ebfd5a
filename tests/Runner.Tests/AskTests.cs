using System.Text.Json.Nodes;

namespace DataflowRlhf.Runner.Tests;

/// <summary>show, diff and lineage on a small store.</summary>
public sealed class AskTests : IDisposable
{
    private const string Small = """
        pipeline: small
        seed: 3
        stages:
          pairs:     { uses: make-preferences, with: { pairs: 200, ood: 20 } }
          tokenizer: { uses: train-tokenizer, from: pairs, with: { vocab-size: 320 } }
          tokens:    { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer }, with: { max-tokens: 256 } }
          longest:   { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer }, with: { max-tokens: 45, over-long: drop } }
        """;

    private readonly Rlhf rlhf = new();
    private readonly string file;

    public AskTests() => file = rlhf.Write("small.yaml", Small);

    public void Dispose() => rlhf.Dispose();

    private async Task<string> TellAsync(params string[] arguments)
    {
        var told = await rlhf.HereAsync(arguments);
        (told.Exit, told.Error).Should().Be((0, ""));
        return told.Out;
    }

    /// <summary>Rows are written to the process's own output, as bytes.</summary>
    private async Task<string> RowsAsync(params string[] arguments)
    {
        var told = await rlhf.RunAsync(["show", .. arguments]);
        (told.Exit, told.Error).Should().Be((0, ""));
        return told.Out;
    }

    private async Task WrongAsync(string words, params string[] arguments)
    {
        var wrong = await rlhf.HereAsync(arguments);
        (wrong.Exit, wrong.Out).Should().Be((2, ""));
        wrong.Error.Should().Contain(words).And.NotContain("   at ");
    }

    [Fact]
    public async Task An_artifact_is_shown_exported_compared_and_followed()
    {
        (await rlhf.HereAsync("run", file)).Exit.Should().Be(0);

        (await TellAsync("show", "small:tokens", "--rows", "1")).Should().Contain("column  prompt_ids ").And.Contain("from    tokenizer: tokenizer ").And.Contain("prompt_ids: [");
        (await TellAsync("show", "tokenizer")).Should().Contain("file    tokenizer.json");
        (await TellAsync("show", file, "pairs", "--stats", "--columns", "split,truth_margin")).Should()
            .MatchRegex("^split: string, 220 rows, 3 different\n.*\n    train [0-9]+ \\([0-9]+ %\\), ").And.Contain("\ntruth_margin: float, 220 rows").And.NotContain("prompt");
        var lines = (await RowsAsync("small:pairs", "--where", "split=ood", "--columns", "row_id,truth_flipped", "--format", "csv")).Split('\n');
        lines[0].Should().Be("row_id,truth_flipped");
        lines.Should().HaveCount(21);
        JsonNode.Parse(await RowsAsync("small:pairs", "--format", "json", "--rows", "2"))!.AsArray().Should().HaveCount(2);
        (await rlhf.HereAsync("show", "small:tokens", "--format", "jsonl", "-o", "tokens.jsonl")).Error.Should().Be("220 rows in tokens.jsonl.\n");
        JsonNode.Parse((await File.ReadAllLinesAsync(Path.Combine(rlhf.Folder, "tokens.jsonl")))[0])!["prompt_ids"]!.AsArray().Should().NotBeEmpty();
        await WrongAsync("tokens.jsonl is there already", "show", "small:tokens", "--format", "jsonl", "-o", "tokens.jsonl");
        await WrongAsync("write: truth_margin", "show", "small:pairs", "--format", "csv", "--columns", "truth_margn");
        await WrongAsync("which?  write: rlhf show", "show", file);
        await WrongAsync("looks at rows", "show", "small:tokenizer", "--stats");

        (await TellAsync("show", "small:pairs", "--stats", "--rows", "2", "--columns", "split")).Should().Contain("split: string, 220 rows").And.MatchRegex("- split: .*\n.*- split: ");

        var change = await TellAsync("diff", "small:pairs", "small:tokens");
        change.Should().Contain("  column    + prompt_ids: list of int32").And.Contain("  rows      0 added, 0 removed, 0 changed, 220 the same (by row_id)");
        (await rlhf.HereAsync("run", file, "--set", "pairs.wrong-labels=0.4")).Exit.Should().Be(0);
        var (before, after) = (await TellAsync("show", file, "pairs", "--rows", "0"), await TellAsync("show", file, "pairs", "--rows", "0", "--set", "pairs.wrong-labels=0.4"));
        before.Should().NotBe(after, "a file and its settings mean the artifact that they would make, not the latest");
        var stale = await rlhf.HereAsync("show", file, "pairs", "--rows", "0", "--set", "pairs.wrong-labels=0.3");
        (stale.Exit, stale.Out).Should().Be((0, after));
        stale.Error.Should().Be("pairs is out of date, and this is its latest: option wrong-labels: 0.4 → 0.3\n");
        var runs = await TellAsync("diff", "last~1", "last", "--rows");
        runs.Should().Contain("+ --set pairs.wrong-labels=0.4").And.Contain("\npairs (make-preferences)  other content\n  option    wrong-labels  0.2 → 0.4").And.MatchRegex("\n  rows      0 added, 0 removed, [0-9]+ changed, [0-9]+ the same \\(by row_id\\)");
        JsonNode.Parse(await TellAsync("diff", "last", "last", "--json"))!["stages"]!.AsArray().Should().AllSatisfy(s => s!["same"]!.GetValue<bool>().Should().BeTrue());
        await WrongAsync("The newest is", "diff", "last~9", "last");
        await WrongAsync("is a run and 'small:pairs' is none", "diff", "last", "small:pairs");

        (await TellAsync("lineage", file, "tokens")).Should().MatchRegex("^tokens \\(tokenize\\) [0-9a-f]{12}\n").And.Contain("├─ pairs: pairs (make-preferences) ").And.Contain("└─ tokenizer: tokenizer (train-tokenizer) ").And.Contain(", as above")
            .And.MatchRegex("code [0-9a-f]{12} over [0-9]+ parts").And.NotContain("code Graph.Batch").And.Contain("option max-tokens 256");
        var row = JsonNode.Parse(await RowsAsync("small:pairs", "--format", "jsonl", "--rows", "1", "--where", "split=train"))!["row_id"]!.GetValue<string>();
        var trail = await TellAsync("lineage", file, row, "--set", "pairs.wrong-labels=0.4");
        trail.Should().MatchRegex($"^row {row}\n\npairs \\(make-preferences\\) [0-9a-f]{{12}}  has it in part-00000.parquet, row group 1, row [0-9]+\n    row_id: \"{row}\"")
            .And.Contain("\n  + prompt_ids: [").And.Contain("Made with it:\n  tokenizer (train-tokenizer)");
        await WrongAsync("has or put aside a row 'nobody'", "lineage", file, "nobody");
    }

    [Fact]
    public async Task A_spreadsheet_runs_nothing_that_a_row_says()
    {
        rlhf.Write("rows.jsonl", """{"prompt": "=HYPERLINK(\"http://x\",\"a, b\")", "chosen": "-1 is\nless", "rejected": "plain"}""");
        var read = rlhf.Write("read.yaml", "pipeline: read\nstages:\n  pairs: { uses: read-preferences, with: { path: rows.jsonl } }\n");
        (await rlhf.HereAsync("run", read)).Exit.Should().Be(0);
        string[] show = ["read:pairs", "--format", "csv", "--columns", "prompt,chosen,rejected"];
        var csv = await rlhf.RunAsync(["show", .. show]);
        csv.Out.Should().Be("prompt,chosen,rejected\n\"'=HYPERLINK(\"\"http://x\"\",\"\"a, b\"\")\",\"'-1 is\nless\",plain");
        csv.Error.Should().StartWith("2 texts begin like a formula");
        (await RowsAsync([.. show, "--raw"])).Should().Contain("\n\"=HYPERLINK(");
    }

    [Theory]
    [InlineData("show", "rlhf show quickstart:strength --stats")]
    [InlineData("diff", "rlhf diff last~1 last")]
    [InlineData("lineage", "rlhf lineage pipelines/quickstart.yaml clean")]
    [InlineData("status", "rlhf status pipelines/quickstart.yaml")]
    public async Task Help_has_an_example(string command, string example) =>
        (await TellAsync(command, "--help")).Should().Contain(example);
}
