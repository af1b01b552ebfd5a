using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace DataflowRlhf.Runner.Tests;

/// <summary>What a training step will take is said before it runs.</summary>
public sealed class PlanMemoryTests : IDisposable
{
    private const string Training = """
        pipeline: small
        seed: 3
        stages:
          pairs:     { uses: make-preferences, with: { pairs: 300, ood: 20 } }
          tokenizer: { uses: train-tokenizer, from: pairs, with: { vocab-size: 320 } }
          tokens:    { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer }, with: { max-tokens: 256 } }
          sft:       { uses: train-sft, from: { pairs: tokens, tokenizer: tokenizer }, with: { hidden-size: 32, layers: 1, heads: 2, ffn-size: 64, max-positions: 256, max-steps: 2, batch-size: 16 } }
          reward:    { uses: train-reward, from: { pairs: tokens, init: sft }, with: { max-steps: 2 } }
          shifted:   { uses: sample-responses, from: { prompts: tokens, policy: sft }, with: { max-prompts: 4, per-prompt: 2, max-new-tokens: 4 } }
          meta:      { uses: meta-update, from: { pairs: tokens, shifted: shifted, model: reward }, with: { max-steps: 2 } }
          policy:    { uses: ppo, from: { prompts: tokens, policy: sft, reward: meta }, with: { iterations: 1, prompts-per-iteration: 2, per-prompt: 2, max-new-tokens: 4, lora-rank: 2 } }
        """;

    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    [Fact]
    public async Task Plan_prints_a_bound_with_an_empty_store_and_an_estimate_with_a_filled_one()
    {
        var file = rlhf.Write("small.yaml", Training);
        var before = (await rlhf.HereAsync("plan", file)).Out;
        foreach (var stage in new[] { "sft", "reward", "meta", "policy" })
            before.Should().MatchRegex($@"run +{stage} +≤ \d+ MB  never ran");
        before.Should().MatchRegex("run +tokens +never ran").And.Contain("≤: a bound");
        var ran = await rlhf.HereAsync("run", file);
        ran.Exit.Should().Be(0, ran.Out + ran.Error);
        var after = (await rlhf.HereAsync("plan", file)).Out;
        foreach (var stage in new[] { "sft", "reward", "meta" })
        {
            after.Should().MatchRegex($@"hit +{stage} +\d+ MB  in the store");
            Megabytes(after, stage).Should().BeLessThanOrEqualTo(Megabytes(before, stage));
        }
    }

    [Fact]
    public async Task Check_and_plan_warn_where_there_is_less_memory_and_say_what_to_write()
    {
        var file = rlhf.Write("large.yaml", Training.Replace("batch-size: 16", "batch-size: 1000000, tokens-per-pass: 1000000000"));
        foreach (var command in new[] { "check", "plan" })
        {
            var (exit, text, _) = await rlhf.HereAsync(command, file);
            exit.Should().Be(0);
            text.Should().MatchRegex(@"warning sft: needs up to [\d.]+ GB of memory, and there are [\d.]+ GB\.  write: tokens-per-pass: 500000000  or  recompute: true  or  precision: bfloat16");
        }
    }

    private const string Seventy = """
        {
          "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 32000, "hidden_size": 8192, "intermediate_size": 28672, "num_hidden_layers": 80,
          "num_attention_heads": 64, "num_key_value_heads": 8, "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 10000, "tie_word_embeddings": false
        }
        """;

    private string Large(string sft)
    {
        rlhf.Write("seventy/config.json", Seventy);
        return rlhf.Write("seventy.yaml", $$"""
            pipeline: seventy
            stages:
              pairs:     { uses: make-preferences, with: { pairs: 300, ood: 20 } }
              tokenizer: { uses: train-tokenizer, from: pairs, with: { vocab-size: 320 } }
              tokens:    { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer }, with: { max-tokens: 256 } }
              sft:       { uses: train-sft, from: { pairs: tokens, tokenizer: tokenizer }, {{sft}} }
              reward:    { uses: train-reward, from: { pairs: tokens, init: sft }, run: { memory: try } }
              policy:    { uses: ppo, from: { prompts: tokens, policy: sft, reward: reward } }
            """);
    }

    [Fact]
    public async Task A_model_whose_weights_alone_are_too_much_is_a_mistake_in_the_file()
    {
        // 68,976,648,192 values of 4 bytes, as many gradients, twice as many moments: 16 bytes a value. Adapters leave the weights, in bfloat16 half of them.
        var file = Large("with: { init: seventy }");
        var (exit, _, text) = await rlhf.RunAsync("check", file);
        exit.Should().Be(2);
        text.Should().Contain("has 2 mistakes. Nothing was run.")
            .And.MatchRegex(@"6:3 +sft\.with\n +holds at least 1103\.6 GB of memory \(weights 275\.9 GB, gradients 275\.9 GB, the optimizer's moments 551\.8 GB\), and there are [\d.]+ GB\.")
            .And.MatchRegex(@"write:  a smaller model, or a device with more than 138\.\d GB and lora-rank: 8, precision: bfloat16  or, to try all the same:  run: \{ memory: try \}")
            .And.MatchRegex(@"8:3 +policy\.with\n +holds at least 2753\.\d GB of memory", "the policy and its values are trained, the reference and the reward model are there");
        var ran = await rlhf.RunAsync("run", file);
        ran.Exit.Should().Be(2);
        (ran.Out + ran.Error).Should().Contain("'sft' holds at least 1103.6 GB of memory");
    }

    [Fact]
    public async Task An_option_with_a_mistake_is_no_reason_to_count_with_its_default()
    {
        var (exit, _, text) = await rlhf.RunAsync("check", Large("with: { init: seventy, precision: bf16 }"));
        exit.Should().Be(2);
        text.Should().Contain("has 1 mistake.").And.Contain("sft.with.precision").And.NotContain("holds at least");
    }

    [Fact]
    public async Task A_folder_that_cannot_be_read_ahead_breaks_no_plan()
    {
        rlhf.Write("broken/config.json", "{ this is no model");
        var file = rlhf.Write("broken.yaml", Training.Replace("{ hidden-size: 32,", "{ init: broken, hidden-size: 32,"));
        var plan = await rlhf.HereAsync("plan", file);
        plan.Exit.Should().Be(0, plan.Error);
        plan.Out.Should().MatchRegex("run +sft +never ran").And.NotContain("MB");
    }

    [Fact]
    public async Task A_step_takes_what_was_foreseen_within_a_fifth()
    {
        const string mid = "reward llama hidden 256, 4 layers, vocabulary 8192, 4096 tokens a pass, groups of 300, tied";
        using var bench = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "bench.dll"), "memory", mid]) { RedirectStandardOutput = true },
        };
        bench.Start();
        var text = await bench.StandardOutput.ReadToEndAsync();
        await bench.WaitForExitAsync();
        bench.ExitCode.Should().Be(0);
        var cells = text.Split('\n').Single(l => l.Contains(mid)).Split('|', StringSplitOptions.TrimEntries);
        var (foreseen, measured) = (double.Parse(cells[1], CultureInfo.InvariantCulture), double.Parse(cells[2], CultureInfo.InvariantCulture));
        measured.Should().BeGreaterThan(300);
        foreseen.Should().BeInRange(0.8 * measured, 1.2 * measured);
    }

    private static int Megabytes(string plan, string stage) =>
        int.Parse(Regex.Match(plan, $@" {stage} +(?:≤ )?(\d+) MB").Groups[1].Value, CultureInfo.InvariantCulture);
}
