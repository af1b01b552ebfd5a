using System.Text.Json;
using DataflowRlhf.Bench;

namespace DataflowRlhf.Runner.Tests.Faults;

/// <summary>A few trials of <c>bench crash</c>, the first of them with every moment chosen.</summary>
public sealed class CrashTests : IDisposable
{
    private const string Pipeline = """
        pipeline: crash
        seed: 7
        stages:
          pairs:     { uses: make-preferences, with: { pairs: 300, ood: 16 } }
          tokenizer: { uses: train-tokenizer, from: pairs, with: { vocab-size: 300 } }
          tokens:    { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer }, with: { max-tokens: 128 } }
          sft:
            uses: train-sft
            from: { pairs: tokens, tokenizer: tokenizer }
            with: { hidden-size: 16, layers: 1, heads: 2, ffn-size: 32, max-positions: 160, batch-size: 8, learning-rate: 0.003, max-steps: 20, checkpoint-every: 1 }
          reward: { uses: train-reward, from: { pairs: tokens, init: sft }, with: { batch-size: 8, learning-rate: 0.001, max-steps: 12, checkpoint-every: 1 } }
          policy:
            uses: ppo
            from: { prompts: tokens, policy: sft, reward: reward }
            with: { iterations: 4, prompts-per-iteration: 4, per-prompt: 2, mini-batch: 4, policy-rate: 0.001, value-rate: 0.001, max-new-tokens: 8, checkpoint-every: 1 }
        """;
    private readonly string folder = Directory.CreateTempSubdirectory("crash-").FullName;
    private readonly string pipeline;

    public CrashTests()
    {
        Victim.HearInterrupts();
        pipeline = Path.Combine(folder, "crash.yaml");
        File.WriteAllText(pipeline, Pipeline);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task However_often_and_by_whatever_a_run_is_ended_the_last_one_leaves_the_same_bytes()
    {
        var undisturbed = await Undisturbed.RunAsync(pipeline, Path.Combine(folder, "undisturbed"));
        undisturbed.Artifacts.Should().HaveCount(6);
        var store = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "disturbed")).FullName, "store");
        var resumed = 0;
        foreach (var (moment, stage, signal, exit) in new[]
        {
            ("start", "tokens", Victim.Kill, 137),
            ("metric", "sft", Victim.Kill, 137),
            ("metric", "reward", Victim.Interrupt, 130),
            ("metric", "policy", Victim.Abort, 134),
        })
        {
            using var victim = Victim.Start(pipeline, store, often: true, onEvent: At(moment, stage, signal));
            (await victim.Ended).Exit.Should().Be(exit, $"it was struck at the {moment} of {stage}");
            resumed += victim.Resumed;
        }
        using var last = Victim.Start(pipeline, store, often: false);
        (await last.Ended).Exit.Should().Be(0);
        (resumed + last.Resumed).Should().BeGreaterThanOrEqualTo(3, "each training goes on from a checkpoint");
        undisturbed.Differences(store).Should().BeEmpty();

        // Of two at once one is killed; the other ends by itself.
        var trial = await CrashTrial.RunAsync("two", undisturbed, Path.Combine(folder, "two"), new Random(5));
        trial.Problems.Should().BeEmpty();
    }

    private static Action<Victim, JsonElement> At(string moment, string stage, int signal) => (victim, said) =>
    {
        // The second step's numbers: the first one's checkpoint is on the disk by then.
        if (said.GetProperty("event").GetString() == moment && said.GetProperty("stage").GetString() == stage && (moment != "metric" || said.GetProperty("step").GetInt64() >= 2))
            victim.Signal(signal);
    };
}
