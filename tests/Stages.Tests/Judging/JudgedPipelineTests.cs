using System.Collections.Concurrent;
using System.Text;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Tests.Judging;

/// <summary>A whole pipeline with a judge: what is asked when it is stopped, run again, forced and sent elsewhere, and what the store holds of it.</summary>
public sealed class JudgedPipelineTests : IDisposable
{
    private readonly JudgeBench bench = new();
    private readonly string urlVariable = $"JUDGE_URL_{Guid.NewGuid():N}";
    private readonly StageRegistry registry = new(typeof(Columns).Assembly);
    private readonly string file;

    public JudgedPipelineTests()
    {
        file = Path.Combine(Path.GetDirectoryName(bench.Store)!, "judged.yaml");
        File.WriteAllText(file, $$"""
            pipeline: judged
            seed: 5
            stages:
              pairs:     { uses: make-preferences, with: { pairs: 60, ood: 4, validation: 0.2 } }
              tokenizer: { uses: train-tokenizer, from: pairs, with: { vocab-size: 300 } }
              tokens:    { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer }, with: { max-tokens: 128 } }
              ours:      { uses: train-sft, from: { pairs: tokens, tokenizer: tokenizer }, with: { hidden-size: 16, layers: 1, heads: 2, max-positions: 160, max-steps: 1 } }
              theirs:    { uses: train-sft, from: { pairs: tokens, tokenizer: tokenizer }, with: { hidden-size: 16, layers: 1, heads: 2, max-positions: 160, max-steps: 2 } }
              verdict:
                uses: compare
                from: { prompts: tokens, candidate: ours, opponent: theirs }
                with: { judge: llm, judge-model: judge-1, base-url-variable: {{urlVariable}}, api-key-variable: {{bench.KeyVariable}}, max-new-tokens: 8, judge-concurrency: 2 }
            """);
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(urlVariable, null);
        bench.Dispose();
    }

    [Fact]
    public async Task Asks_nothing_twice_and_keeps_no_key()
    {
        await using var endpoint = FakeEndpoint.Saying(r => r.Better(t => t.Sum(c => c)));
        Environment.SetEnvironmentVariable(urlVariable, endpoint.Url);
        var heard = new Heard();

        var capped = await RunAsync(heard, ["verdict.max-requests=5"]);
        capped.Outcome.Should().Be(RunOutcome.Failed);
        capped.Message.Should().Contain("max-requests: 5");
        endpoint.Requests.Should().HaveCount(5);

        var done = await RunAsync(heard, []);
        done.Message.Should().BeNull();
        done.Artifacts["verdict"].Summary["win"]!.GetValue<int>().Should().BePositive();
        var asked = endpoint.Requests.Count;
        endpoint.Requests.Should().OnlyHaveUniqueItems(r => r.Question);

        var forced = await RunAsync(heard, [], "verdict");
        forced.Artifacts["verdict"].Digest.Should().Be(done.Artifacts["verdict"].Digest);
        await RunAsync(heard, ["verdict.max-requests=77", "verdict.judge-retries=1"]);
        await RunAsync(heard, ["verdict.max-prompts=5"]);
        endpoint.Requests.Should().HaveCount(asked, "a rerun, a cap and fewer prompts are no new questions");

        Directory.Exists(bench.Answers).Should().BeTrue("answers outlive the stage's checkpoint");
        var preimage = File.ReadAllText(Path.Combine(done.Artifacts["verdict"].Folder, "..", "preimage.json"));
        preimage.Should().Contain(endpoint.Url).And.Contain("judge-1").And.NotContain(bench.KeyVariable);
        var texts = Directory.GetFiles(Path.GetDirectoryName(bench.Store)!, "*", SearchOption.AllDirectories).Select(f => Encoding.Latin1.GetString(File.ReadAllBytes(f))).Concat(heard.Texts).ToList();
        texts.Should().HaveCountGreaterThan(20).And.OnlyContain(t => !t.Contains(JudgeBench.Key));
    }

    [Fact]
    public async Task Another_endpoint_is_another_key_and_another_variable_of_the_same_is_not()
    {
        await using var endpoint = FakeEndpoint.Saying(r => r.Better(t => t.Sum(c => c)));
        Environment.SetEnvironmentVariable(urlVariable, endpoint.Url);
        (await RunAsync(new Heard(), [])).Message.Should().BeNull();
        Decision Verdict(params string[] settings)
        {
            using var store = ArtifactStore.Open(bench.Store, TimeProvider.System);
            return Planner.Plan(Check(settings), store, new RunOptions()).Single(p => p.Node.Name == "verdict").Decision;
        }
        Verdict().Should().Be(Decision.Hit);
        Verdict($"verdict.base-url={endpoint.Url}", "verdict.allow-http=true").Should().Be(Decision.Hit);
        Verdict("verdict.judge-model=judge-2").Should().NotBe(Decision.Hit);
        Environment.SetEnvironmentVariable(urlVariable, endpoint.Url + "/other");
        Verdict().Should().NotBe(Decision.Hit);
    }

    [Fact]
    public void What_is_missing_is_said_by_the_check()
    {
        PipelineFile.Check(file, [], registry).Mistakes.Should().ContainSingle().Which.ToString().Should().Contain(urlVariable).And.Contain("verdict");
        Environment.SetEnvironmentVariable(urlVariable, "http://api.example.com/v1");
        PipelineFile.Check(file, [], registry).Mistakes.Should().ContainSingle().Which.ToString().Should().Contain("allow-http: true");
    }

    private PipelineGraph Check(params string[] settings)
    {
        var read = PipelineFile.Check(file, settings, registry);
        read.Mistakes.Should().BeEmpty();
        return read.Graph!;
    }

    private async Task<RunResult> RunAsync(Heard heard, string[] settings, params string[] force)
    {
        using var store = ArtifactStore.Open(bench.Store, TimeProvider.System);
        return await new Engine(store, TimeProvider.System).RunAsync(Check(settings), new RunOptions { Force = force.ToHashSet() }, heard, CancellationToken.None);
    }

    /// <summary>Everything that a person or a machine could be shown of a run.</summary>
    private sealed class Heard : IRunObserver
    {
        private readonly ConcurrentQueue<string> texts = new();

        public IEnumerable<string> Texts => texts;

        public void Planned(IReadOnlyList<PlanEntry> plan) => texts.Enqueue(string.Join('\n', plan.Select(p => $"{p} {p.Node.OptionValues.ToJsonString()}")));
        public void Started(GraphNode node) => texts.Enqueue(node.ToString()!);
        public void Progressed(GraphNode node, long done, long? total, string unit) => texts.Enqueue($"{node.Name} {done} {total} {unit}");
        public void Measured(GraphNode node, MetricPoint point) => texts.Enqueue($"{point}");
        public void Said(GraphNode node, string line) => texts.Enqueue(line);
        public void Warned(GraphNode node, string line) => texts.Enqueue(line);
        public void Finished(GraphNode node, ArtifactRecord artifact, bool hit, TimeSpan elapsed) => texts.Enqueue($"{artifact} {artifact.Summary.ToJsonString()}");
        public void Failed(GraphNode node, string message) => texts.Enqueue(message);
    }
}
