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
        var file = rlhf.Write("large.yaml", Training.Replace("hidden-size: 32, layers: 1", "hidden-size: 16384, layers: 200"));
        foreach (var command in new[] { "check", "plan" })
        {
            var (exit, text, _) = await rlhf.HereAsync(command, file);
            exit.Should().Be(0);
            text.Should().MatchRegex(@"warning sft: needs up to [\d.]+ GB of memory, and there are [\d.]+ GB\.  write: tokens-per-pass: 2048  or  recompute: true  or  precision: bfloat16");
        }
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
