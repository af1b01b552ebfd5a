using System.Text.Json.Nodes;
using DataflowRlhf.Graph;
using DataflowRlhf.Stages;

namespace DataflowRlhf.Runner.Tests;

public sealed class SchemaTests : IDisposable
{
    private static readonly StageRegistry Registry = new(typeof(Columns).Assembly);
    private static readonly JsonObject Schema = JsonNode.Parse(PipelineSchema.Of(Registry).ToJsonString())!.AsObject();
    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    private static string? Mistake(string yaml) => SmallValidator.Mistake(SmallValidator.Yaml(yaml), Schema);

    public static TheoryData<string> Kinds() => [.. Registry.Kinds.Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_option_of_every_stage_is_in_it(string name)
    {
        var kind = Registry.Find(name)!;
        var rule = Schema["definitions"]!["stage"]!["allOf"]!.AsArray().Single(r => (string?)r!["if"]!["properties"]!["uses"]!["const"] == name)!;
        var with = rule["then"]!["properties"]!["with"]!;
        with["properties"]!.AsObject().Select(o => o.Key).Should().Equal(kind.Options.Select(o => o.Name));
        foreach (var option in kind.Options)
        {
            var schema = with["properties"]![option.Name]!;
            ((string?)schema["description"]).Should().Be(option.Summary);
            if (!option.Required)
                SmallValidator.Mistake(schema["default"], schema, Schema).Should().BeNull($"the default of {name}.{option.Name} is possible");
            foreach (var value in option.Property.PropertyType.IsEnum ? Enum.GetNames(option.Property.PropertyType) : [])
                schema.ToJsonString().Should().Contain($"\"{Kebab.Of(value).Replace("-plus-", "+").Replace("+", "\\u002B")}\"");
        }
    }

    public static TheoryData<string> Pipelines() => [.. Directory.EnumerateFiles(Repository.Path("pipelines"), "*.yaml", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(Repository.Root, p))];

    [Theory]
    [MemberData(nameof(Pipelines))]
    public void Every_pipeline_is_valid_and_names_the_schema(string pipeline)
    {
        var text = File.ReadAllText(Repository.Path(pipeline));
        Mistake(text).Should().BeNull();
        var named = text.Split("yaml-language-server: $schema=")[1].Split('\n')[0];
        File.Exists(Path.Combine(Path.GetDirectoryName(Repository.Path(pipeline))!, named)).Should().BeTrue();
    }

    private const string Head = "pipeline: p\nparams: { n: 3 }\nstages:\n  pairs: { uses: make-preferences }\n  ";

    /// <summary>What the schema and the checker both take.</summary>
    [Theory]
    [InlineData("t: { uses: train-tokenizer, from: pairs, with: { vocab-size: 512 } }")]
    [InlineData("t: { uses: train-tokenizer, from: pairs, with: { vocab-size: \"1_000\" } }")]
    [InlineData("t: { uses: train-tokenizer, from: [pairs], with: { vocab-size: \"${n}00\" } }")]
    [InlineData("t: { uses: train-tokenizer, from: { pairs: pairs }, cache: false, run: { device: gpu } }")]
    [InlineData("t: { uses: make-preferences, with: { wrong-labels: \"${n}e-1\" } }")]
    [InlineData("t: { uses: make-preferences, with: { wrong-labels: 1e-2 } }")]
    [InlineData("t: { uses: make-preferences, foreach: { i: 1..3 }, with: { pairs: \"10${i}\" } }")]
    [InlineData("t: { uses: make-preferences, foreach: { i: [a, 2, \"${n}\"] } }")]
    [InlineData("t: { uses: make-preferences, run: { memory: try } }")]
    [InlineData("t: { uses: make-preferences, retry: 3, timeout: 90s, max-bad: 20, promises: [rows >= 1000, loss.last < 0.7] }")]
    [InlineData("t: { uses: make-preferences, retry: { times: \"${n}\", wait: 1m30s }, timeout: \"${n}h\", max-bad: 0.5 %, promises: rows > 1_000 }")]
    [InlineData("t: { uses: make-preferences, max-bad: \"${n}%\", promises: { rows: \">= 1000\", seconds: [\"> 1\", \"< 5e3\"] } }")]
    [InlineData("r: { repeat: 2, stages: { t: { uses: make-preferences, foreach: { i: 1..2 }, timeout: 1d, promises: [\"rows > ${i}\"] } } }")]
    [InlineData("r: { repeat: \"${n}\", stages: { t: { uses: train-tokenizer, from: pairs } } }")]
    [InlineData("r: { repeat: 2, stages: { t: { uses: make-preferences, foreach: { i: 1..2 } } } }")]
    public void Takes_what_the_checker_takes(string stage)
    {
        using var file = new TemporaryFile(".yaml", Head + stage);
        PipelineFile.Check(file.Path, [], Registry).Mistakes.Should().BeEmpty();
        Mistake(Head + stage).Should().BeNull();
    }

    /// <summary>What the schema and the checker both refuse.</summary>
    [Theory]
    [InlineData("t: { uses: train-tokeniser, from: pairs }")]
    [InlineData("t: { from: pairs }")]
    [InlineData("t: { uses: train-tokenizer, from: pairs, with: { vocab-sise: 512 } }")]
    [InlineData("t: { uses: train-tokenizer, from: pairs, with: { vocab-size: many } }")]
    [InlineData("t: { uses: train-tokenizer, from: pairs, with: { vocab-size: 1.5 } }")]
    [InlineData("t: { uses: train-tokenizer, from: pairs, with: { vocab-size: } }")]
    [InlineData("t: { uses: train-tokenizer, from: pairs, with: [512] }")]
    [InlineData("t: { uses: train-tokenizer, from: [], with: { vocab-size: 512 } }")]
    [InlineData("t: { uses: train-tokenizer, from: pairs, cache: maybe }")]
    [InlineData("t: { uses: train-tokenizer, from: pairs, run: { device: tpu } }")]
    [InlineData("t: { uses: train-tokenizer, from: pairs, run: { } }")]
    [InlineData("t: { uses: make-preferences, with: { wrong-labels: 2 } }")]
    [InlineData("t: { uses: make-preferences, with: { wrong-labels: [0.1] } }")]
    [InlineData("t: { uses: make-preferences, foreach: { i: 1..2, j: 1..2 } }")]
    [InlineData("t: { uses: make-preferences, foreach: { i: ten } }")]
    [InlineData("t: { uses: make-preferences, run: { memory: much } }")]
    [InlineData("t: { uses: make-preferences, retry: often }")]
    [InlineData("t: { uses: make-preferences, retry: -1 }")]
    [InlineData("t: { uses: make-preferences, retry: 101 }")]
    [InlineData("t: { uses: make-preferences, retry: { wait: 3s } }")]
    [InlineData("t: { uses: make-preferences, retry: { times: 1, wiat: 3s } }")]
    [InlineData("t: { uses: make-preferences, retry: { times: 1, wait: 3 } }")]
    [InlineData("t: { uses: make-preferences, timeout: 90 }")]
    [InlineData("t: { uses: make-preferences, timeout: 2w }")]
    [InlineData("t: { uses: make-preferences, max-bad: 0.5 }")]
    [InlineData("t: { uses: make-preferences, max-bad: -3 }")]
    [InlineData("t: { uses: make-preferences, max-bad: [3] }")]
    [InlineData("t: { uses: make-preferences, promises: [rows] }")]
    [InlineData("t: { uses: make-preferences, promises: [rows != 3] }")]
    [InlineData("t: { uses: make-preferences, promises: { rows: 1000 } }")]
    [InlineData("t: { uses: make-preferences, timeuot: 90s }")]
    [InlineData("t: { uses: make-preferences, foreach: { \"a b\": 1..2 } }")]
    [InlineData("r: { repeat: 2, retry: 2, stages: { t: { uses: make-preferences } } }")]
    [InlineData("t: { uses: read-preferences }")]
    [InlineData("r: { repeat: 0, stages: { t: { uses: make-preferences } } }")]
    [InlineData("r: { repeat: 2, uses: make-preferences, stages: { t: { uses: make-preferences } } }")]
    [InlineData("r: { repeat: 2, stages: { s: { repeat: 2, stages: { t: { uses: make-preferences } } } } }")]
    [InlineData("t u: { uses: make-preferences }")]
    [InlineData("t: make-preferences")]
    [InlineData("t: { uses: make-preferences }\nseeds: 3")]
    public void Refuses_what_the_checker_refuses(string stage)
    {
        using var file = new TemporaryFile(".yaml", Head + stage);
        PipelineFile.Check(file.Path, [], Registry).Mistakes.Should().NotBeEmpty();
        Mistake(Head + stage).Should().NotBeNull();
    }

    [Fact]
    public async Task The_schema_in_docs_is_the_one_that_the_program_prints()
    {
        (await rlhf.HereAsync("schema", "--output", "s.json")).Exit.Should().Be(0);
        var printed = await File.ReadAllTextAsync(Path.Combine(rlhf.Folder, "s.json"));
        (await rlhf.HereAsync("schema")).Out.Trim().Should().Be(printed.Trim());
        (printed == await File.ReadAllTextAsync(Repository.Path("docs", "pipeline.schema.json"))).Should()
            .BeTrue("options or summaries changed: type  ./rlhf schema --output docs/pipeline.schema.json");
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_named()
    {
        var wrong = await rlhf.HereAsync("schema", "--output", "no/such/folder.json");
        wrong.Exit.Should().Be(2);
        wrong.Error.Should().StartWith("no/such/folder.json cannot be written: ");
        (await rlhf.HereAsync("schema", "--help")).Out.Should().Contain("yaml-language-server: $schema=");
    }
}
