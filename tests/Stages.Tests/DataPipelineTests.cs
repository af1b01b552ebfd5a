using System.Collections.Concurrent;
using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Tests.Reading;

namespace DataflowRlhf.Stages.Tests;

/// <summary>Files to trained models as a person would declare it, checked and run by the engine.</summary>
public sealed class DataPipelineTests : IDisposable
{
    private readonly Source source = new();
    private readonly TinyWorld world = new();

    public void Dispose()
    {
        source.Dispose();
        world.Dispose();
    }

    private sealed class Log : IRunObserver
    {
        public ConcurrentQueue<string> Failures { get; } = new();

        public void Failed(GraphNode node, string message) => Failures.Enqueue($"{node.Name}: {message}");
    }

    private PipelineFile Check(string stages) =>
        PipelineFile.Check(source.File("pipeline.yaml", "pipeline: data", "seed: 7", "stages:", stages), [], new StageRegistry(typeof(Columns).Assembly));

    private async Task<RunResult> Run(string stages)
    {
        var file = Check(stages);
        file.Mistakes.Should().BeEmpty();
        using var store = ArtifactStore.Open(source.Path("store"), TimeProvider.System);
        var log = new Log();
        var result = await new Engine(store, TimeProvider.System).RunAsync(file.Graph!, new RunOptions(), log, TestContext.Current.CancellationToken);
        log.Failures.Should().BeEmpty();
        result.Outcome.Should().Be(RunOutcome.Done);
        return result;
    }

    [Fact]
    public async Task Published_strengths_need_no_ensemble()
    {
        object Turn(string role, string content) => new { role, content };
        source.File("pairs.jsonl", Enumerable.Range(0, 40).Select(i => (object)new Dictionary<string, object?>
        {
            ["chosen"] = new[] { Turn("user", $"Q{i}"), Turn("assistant", "good") },
            ["rejected"] = new[] { Turn("user", $"Q{i}"), Turn("assistant", "bad") },
            ["mean preference difference"] = (i - 10) / 10.0,
            ["std preference difference"] = 0.5,
            ["chosen score list"] = new[] { (i - 10) / 10.0 + 0.5, (i - 10) / 10.0 - 0.5 },
            ["rejected score list"] = new[] { 0.0, 0 },
            ["GPT4 label"] = i % 2,
        }));
        var result = await Run($$"""
              pairs: { uses: read-preferences, with: { path: {{source.Path("pairs.jsonl")}}, strengths: true, validation: 0.1 } }
              tokens: { uses: tokenize, from: pairs, with: { tokenizer: {{world.Tokenizer()}}, max-tokens: 48 } }
              clean: { uses: relabel, from: tokens, with: { recipe: flip+margin } }
              reward: { uses: train-reward, from: { pairs: clean }, with: { init: {{world.LanguageModel()}}, batch-size: 8 } }
              ranks: { uses: annotate-strength, from: tokens }
              weakest: { uses: relabel, from: ranks, with: { recipe: flip, flip-quantile: 0.2 } }
            """);
        var clean = result.Artifacts["clean"].Summary;
        clean["flipped"]!.GetValue<int>().Should().BeInRange(5, 10, "ten of forty strengths are below 0, some of them in validation");
        result.Artifacts["reward"].Summary["rows"]!.GetValue<int>().Should().Be(clean["train_rows"]!.GetValue<int>());
        var card = File.ReadAllText(Path.Combine(result.Artifacts["reward"].Folder, "README.md"));
        foreach (var stage in new[] { "pairs", "tokens", "clean" })
            card.Should().Contain($"| `{stage}` | {result.Artifacts[stage].Uses} | `{result.Artifacts[stage].Digest}` |");
        card.Should().NotContain("weakest", "that is not what it was made of");
        result.Artifacts["weakest"].Summary["flipped"]!.GetValue<int>().Should().BeGreaterThan(5);
    }

    [Fact]
    public async Task Ranked_lists_train_by_comparisons_and_by_ranks()
    {
        source.File("lists.jsonl", Enumerable.Range(0, 24).Select(i => new
        {
            prompt = $"Q{i}:",
            answers = new[] { new { answer = "g" + i, rank = 2.0 }, new { answer = "gg" + i, rank = 1.0 }, new { answer = "x" + i, rank = 3.0 } },
        }));
        var read = $$"""
              lists: { uses: read-preferences, with: { path: {{source.Path("lists.jsonl")}}, ranked: true } }
              tokens: { uses: tokenize, from: lists, with: { tokenizer: {{world.Tokenizer()}}, max-tokens: 48 } }
            """;
        var result = await Run(read + $$"""

              compared: { uses: train-reward, from: { pairs: tokens }, with: { init: {{world.LanguageModel()}}, loss: comparisons, batch-size: 8 } }
              ranked: { uses: train-reward, from: { pairs: tokens }, with: { init: {{world.LanguageModel()}}, loss: k-wise, batch-size: 8 } }
            """);
        foreach (var stage in new[] { "compared", "ranked" })
            result.Artifacts[stage].Summary["rows"]!.GetValue<int>().Should().Be(3 * result.Artifacts[stage].Summary["examples"]!.GetValue<int>());
        Check(read.Replace("ranked: true", "ranked: false") + $$"""

              ranked: { uses: train-reward, from: { pairs: tokens }, with: { init: {{world.LanguageModel()}}, loss: k-wise } }
            """).Mistakes.Should().Contain(m => m.Text.Contains("prompt_group"));
    }

    [Fact]
    public async Task Prompts_of_their_own_files_are_answered_judged_and_trained_on()
    {
        source.File("prompts.jsonl", Enumerable.Range(0, 20).Select(i => new { prompt = $"Question {i}", split = i % 2 == 0 ? "train" : "validation" }));
        var (policy, reward) = (world.LanguageModel(), world.RewardModel());
        var result = await Run($$"""
              prompts: { uses: read-prompts, with: { path: {{source.Path("prompts.jsonl")}} } }
              tokens: { uses: tokenize, from: { prompts: prompts }, with: { what: prompts, tokenizer: {{world.Tokenizer()}}, max-tokens: 24 } }
              pairs: { uses: read-preferences, with: { path: {{source.File("pairs.jsonl", Enumerable.Range(0, 16).Select(i => Source.Pair($"Q{i}")))}} } }
              pair-tokens: { uses: tokenize, from: pairs, with: { tokenizer: {{world.Tokenizer()}}, max-tokens: 48 } }
              judge: { uses: train-reward, from: { pairs: pair-tokens }, with: { init: {{reward}}, max-steps: 1 } }
              start: { uses: train-sft, from: { pairs: pair-tokens }, with: { init: {{policy}}, tokenizer: {{policy}}, max-steps: 1 } }
              sampled: { uses: sample-responses, from: { prompts: tokens, policy: start }, with: { per-prompt: 2, max-new-tokens: 4 } }
              trained: { uses: ppo, from: { prompts: tokens, policy: start, reward: judge }, with: { iterations: 1, prompts-per-iteration: 4, per-prompt: 2, max-new-tokens: 4 } }
              verdict: { uses: compare, from: { prompts: tokens, candidate: trained, opponent: start, judge: judge }, with: { judge: reward-model, max-new-tokens: 4 } }
            """);
        result.Artifacts["sampled"].Rows.Should().Be(10);
        result.Artifacts["verdict"].Summary["prompts"]!.GetValue<int>().Should().Be(10);
        Check($$"""
              prompts: { uses: read-prompts, with: { path: {{source.Path("prompts.jsonl")}} } }
              tokens: { uses: tokenize, from: prompts, with: { tokenizer: {{world.Tokenizer()}} } }
            """).Mistakes.Should().Contain(m => m.Text.Contains("chosen"));
    }
}
