using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Stages.Policies;
using DataflowRlhf.Stages.Training;
using TorchSharp;

namespace DataflowRlhf.Stages.Tests.Policies;

public sealed class PolicyStagesTests : IDisposable
{
    private readonly TinyWorld world = new();

    public void Dispose() => world.Dispose();

    /// <summary>Pairs with their prompts as texts, as tokenize leaves them.</summary>
    private static Batch Prompts(int rows, string split = "train")
    {
        var pairs = TinyWorld.Pairs(rows, split);
        return pairs.With(Columns.Prompt, [.. pairs.Get(Columns.RowId).Select(id => $"prompt {id}")]);
    }

    [Fact]
    public async Task Samples_k_responses_a_prompt_and_the_same_ones_for_the_same_seed()
    {
        using var first = await Sample(7, 128);
        using var again = await Sample(7, 3);
        using var other = await Sample(8, 128);
        var batch = first.Emitted.Single();
        batch.Rows.Should().Be(10);
        batch.Get(Columns.Responses).Should().OnlyContain(r => r.Length == 3);
        for (var row = 0; row < batch.Rows; row++)
        {
            var lengths = batch.Get(Columns.ResponseLengths)[row];
            lengths.Should().HaveCount(3).And.OnlyContain(l => l >= 1 && l <= 12);
            batch.Get(Columns.ResponseIds)[row].Should().HaveCount(lengths.Sum());
            batch.Get(Columns.ResponseLogProbs)[row].Should().HaveCount(lengths.Sum()).And.OnlyContain(p => p <= 0);
        }
        Ids(again).Should().BeEquivalentTo(Ids(first), o => o.WithStrictOrdering(), "how many decode side by side is no matter of the result");
        Ids(other).Should().NotBeEquivalentTo(Ids(first));
    }

    [Fact]
    public async Task A_killed_one_samples_only_the_rest()
    {
        var folder = world.LanguageModel();
        TestStageRun Fed(TestStageRun run) => run.With("prompts", Prompts(150)).WithModel("policy", folder);
        var stage = new SampleResponses(new() { PerPrompt = 1, MaxNewTokens = 3 });
        using var whole = Fed(new TestStageRun());
        await stage.RunAsync(whole);
        using var killed = Fed(new TestStageRun { OnMake = part => { if (part == 1) throw new IOException("killed"); } });
        await FluentActions.Awaiting(() => stage.RunAsync(killed)).Should().ThrowAsync<IOException>();
        var made = new List<int>();
        using var resumed = Fed(new TestStageRun { Once = killed.Once, OnMake = made.Add });
        await stage.RunAsync(resumed);
        made.Should().Equal(1, 2);
        resumed.All(Columns.ResponseIds).Should().BeEquivalentTo(whole.All(Columns.ResponseIds), o => o.WithStrictOrdering());
        resumed.Summary.ToJsonString().Should().Be(whole.Summary.ToJsonString(), "the mean length and the finished share are over all");
    }

    private static int[][] Ids(TestStageRun run) => run.Emitted.Single().Get(Columns.ResponseIds);

    private async Task<TestStageRun> Sample(ulong seed, int concurrency)
    {
        var run = new TestStageRun(seed).With("prompts", Prompts(10), Prompts(4, "validation")).WithModel("policy", world.LanguageModel());
        await new SampleResponses(new() { PerPrompt = 3, MaxNewTokens = 12, Concurrency = concurrency }).RunAsync(run);
        return run;
    }

    [Fact]
    public async Task Ppo_raises_the_reward_and_logs_what_the_field_looks_at()
    {
        using var run = new TestStageRun().With("prompts", Prompts(24)).WithModel("policy", world.LanguageModel()).WithModel("reward", await world.TrainedRewardModel());
        var options = new Ppo.Options { Iterations = 12, PromptsPerIteration = 16, PerPrompt = 4, MaxNewTokens = 8, PolicyRate = 3e-3, ValueRate = 3e-3, KlCoefficient = 0.01, NoEosPenalty = 0 };
        await new Ppo(options).RunAsync(run);
        var reward = run.Curve("reward");
        reward.Should().HaveCount(12);
        reward[^3..].Average().Should().BeGreaterThan(reward[..3].Average());
        foreach (var name in new[] { "kl", "kl_k3", "entropy", "perplexity", "clip_fraction", "value_loss", "explained_variance", "length", "grad_norm" })
            run.Curve(name).Should().HaveCount(12).And.OnlyContain(v => double.IsFinite(v), name);
        run.Curve("kl")[0].Should().BeApproximately(0, 1e-4, "the first rollout comes from the reference itself");
        run.Curve("kl_k3").Should().OnlyContain(k => k > -1e-6);
        var sampled = (long)Math.Round(run.Curve("length").Sum() * 64);
        run.Counted["tokens"].Should().BeGreaterThan(3 * sampled, "each response was sampled and trained on twice, its prompt as well");
        using var saved = ModelFolder.LoadCausalLm(run.OutputFolder, torch.CPU);
        TextTokenizer.Load(run.OutputFolder).EosId.Should().Be(TinyWorld.Eos);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_killed_ppo_goes_on_to_the_same_bytes(int loraRank)
    {
        var reward = await world.TrainedRewardModel();
        var options = new Ppo.Options { Iterations = 6, PromptsPerIteration = 8, PerPrompt = 2, MaxNewTokens = 6, PolicyRate = 3e-3, ValueRate = 3e-3, KlTarget = 1, CheckpointEvery = 2, LoraRank = loraRank };
        TestStageRun Fed(TestStageRun run) => run.With("prompts", Prompts(24)).WithModel("policy", world.LanguageModel()).WithModel("reward", reward);
        async Task<TestStageRun> Train(TestStageRun run)
        {
            await new Ppo(options).RunAsync(run);
            return run;
        }
        using var whole = await Train(Fed(new TestStageRun()));
        using var killed = Fed(new TestStageRun { OnMetric = p => { if (p is { Name: "reward", Step: 6 }) throw new IOException("crash"); } });
        await FluentActions.Awaiting(() => Train(killed)).Should().ThrowAsync<IOException>();
        using var resumed = await Train(Fed(new TestStageRun { CheckpointFolder = killed.CheckpointFolder }));
        resumed.Progressed[0].Done.Should().Be(5, "four iterations were kept");
        (whole.WentOn, resumed.WentOn).Should().Be((null, (4, 6, "iterations")));
        foreach (var file in new[] { "model.safetensors", "README.md" })
            File.ReadAllBytes(Path.Combine(resumed.OutputFolder, file)).Should().Equal(File.ReadAllBytes(Path.Combine(whole.OutputFolder, file)));
        resumed.Metrics.Select(m => (m.Name, m.Step, m.Value)).Should().BeEquivalentTo(whole.Metrics.Select(m => (m.Name, m.Step, m.Value)));
    }

    [Fact]
    public async Task Told_to_stop_ppo_keeps_where_it_is_and_goes_on_to_the_same_bytes()
    {
        var reward = await world.TrainedRewardModel();
        var stage = new Ppo(new() { Iterations = 4, PromptsPerIteration = 8, PerPrompt = 2, MaxNewTokens = 6, MiniBatch = 8, PolicyRate = 3e-3, ValueRate = 3e-3 });
        TestStageRun Fed(TestStageRun run) => run.With("prompts", Prompts(24)).WithModel("policy", world.LanguageModel()).WithModel("reward", reward);
        using var whole = Fed(new TestStageRun());
        await stage.RunAsync(whole);
        using var stop = new CancellationTokenSource();
        using var stopped = Fed(new TestStageRun { Stopping = stop.Token, OnMetric = p => { if (p is { Name: "reward", Step: 3 }) stop.Cancel(); } });
        await FluentActions.Awaiting(() => stage.RunAsync(stopped)).Should().ThrowAsync<OperationCanceledException>();
        using var resumed = Fed(new TestStageRun { CheckpointFolder = stopped.CheckpointFolder });
        await stage.RunAsync(resumed);
        resumed.Progressed.Should().ContainSingle("only the fourth iteration was left").Which.Done.Should().Be(4);
        File.ReadAllBytes(Path.Combine(resumed.OutputFolder, "model.safetensors")).Should().Equal(File.ReadAllBytes(Path.Combine(whole.OutputFolder, "model.safetensors")));
        resumed.Metrics.Should().Equal(whole.Metrics);
    }

    [Fact]
    public async Task Ppo_by_adapters_raises_the_reward_too()
    {
        using var run = new TestStageRun().With("prompts", Prompts(24)).WithModel("policy", world.LanguageModel()).WithModel("reward", await world.TrainedRewardModel());
        var options = new Ppo.Options { Iterations = 12, PromptsPerIteration = 16, PerPrompt = 4, MaxNewTokens = 8, PolicyRate = 1e-2, ValueRate = 1e-2, KlCoefficient = 0.01, NoEosPenalty = 0, LoraRank = 4, Recompute = true };
        await new Ppo(options).RunAsync(run);
        var reward = run.Curve("reward");
        reward[^3..].Average().Should().BeGreaterThan(reward[..3].Average());
        run.Curve("kl")[0].Should().BeApproximately(0, 1e-4, "the reference is the policy without its adapters");
        Directory.GetFiles(Path.Combine(run.OutputFolder, "adapter")).Select(Path.GetFileName).Should().BeEquivalentTo("adapter_config.json", "adapter_model.safetensors");
    }

    [Fact]
    public async Task Equal_policies_tie_under_the_reward_model()
    {
        var policy = world.LanguageModel();
        using var run = new TestStageRun().With("prompts", Prompts(12, "validation")).WithModel("candidate", policy).WithModel("opponent", policy).WithModel("judge", world.RewardModel());
        await new Compare(new() { Judge = Compare.JudgedBy.RewardModel, MaxNewTokens = 8 }).RunAsync(run);
        run.Summary["tie"]!.GetValue<int>().Should().Be(12);
        run.Summary["win_rate"]!.GetValue<double>().Should().Be(0.5);
        run.Summary["low"]!.GetValue<double>().Should().BeLessThan(0.5);
        run.Summary["high"]!.GetValue<double>().Should().BeGreaterThan(0.5);
        var sampled = (long)Math.Round(12 * (run.Summary["candidate_length"]!.GetValue<double>() + run.Summary["opponent_length"]!.GetValue<double>()));
        run.Counted["tokens"].Should().BeGreaterThan(2 * sampled, "what was sampled, and what was judged with its prompt");
    }

    [Fact]
    public async Task A_killed_compare_lets_only_the_rest_answer()
    {
        var (candidate, opponent) = (world.LanguageModel(3), world.LanguageModel(4));
        TestStageRun Fed(TestStageRun run) => run.With("prompts", Prompts(600, "validation")).WithModel("candidate", candidate).WithModel("opponent", opponent);
        var stage = new Compare(new() { MaxNewTokens = 2, Concurrency = 600 });
        using var whole = Fed(new TestStageRun());
        await stage.RunAsync(whole);
        var kept = Directory.GetFiles(whole.CheckpointFolder).Order(StringComparer.Ordinal).ToList();
        kept.Select(Path.GetFileName).Should().Equal("candidate-0.json", "candidate-512.json", "opponent-0.json", "opponent-512.json");
        var (before, stamp) = (kept.ConvertAll(File.ReadAllBytes), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.WriteAllBytes(kept[1], before[1][..9]);
        File.Delete(kept[3]);
        foreach (var file in kept.Where(File.Exists))
            File.SetLastWriteTimeUtc(file, stamp);
        using var resumed = Fed(new TestStageRun { CheckpointFolder = whole.CheckpointFolder });
        await stage.RunAsync(resumed);
        kept.ConvertAll(f => File.GetLastWriteTimeUtc(f) == stamp).Should().Equal(true, false, true, false);
        resumed.Summary.ToJsonString().Should().Be(whole.Summary.ToJsonString());
        resumed.Counted["tokens"].Should().BeInRange(1, whole.Counted["tokens"] - 1, "what was kept is not sampled again");
        kept.ConvertAll(File.ReadAllBytes).Should().BeEquivalentTo(before, o => o.WithStrictOrdering());
    }

    [Fact]
    public async Task Compare_without_prompts_of_the_split_says_so()
    {
        var policy = world.LanguageModel();
        using var run = new TestStageRun().With("prompts", Prompts(3)).WithModel("candidate", policy).WithModel("opponent", policy);
        var compare = () => new Compare(new() { Split = "ood" }).RunAsync(run);
        (await compare.Should().ThrowAsync<StageException>()).Which.Message.Should().Contain("no prompts in the split 'ood'");
    }

    [Fact]
    public async Task Meta_update_learns_the_pairs_and_widens_differences_where_eta_says_so()
    {
        using var sampled = await Sample(7, 128);
        var shifted = sampled.Emitted.Single();
        using var plain = await Meta(shifted, 0);
        using var meta = await Meta(shifted, 1);
        plain.Curve("loss")[^5..].Average().Should().BeLessThan(plain.Curve("loss")[..5].Average());
        meta.Curve("difference")[^1].Should().NotBe(plain.Curve("difference")[^1]);
        plain.Curve("difference").Should().OnlyContain(d => d >= 1.0 / 3 && d < 2.0 / 3, "J of three responses lies in [1/3, 2/3)");
    }

    private async Task<TestStageRun> Meta(Batch shifted, double eta)
    {
        var run = new TestStageRun().With("pairs", TinyWorld.Pairs(160)).With("shifted", shifted).WithModel("model", world.RewardModel());
        await new MetaUpdate(new() { Eta = eta, LearningRate = 2e-3, BatchSize = 16, Epochs = 2 }).RunAsync(run);
        return run;
    }

    [Fact]
    public async Task Meta_update_refuses_one_response_a_prompt()
    {
        var run = new TestStageRun().With("prompts", Prompts(4)).WithModel("policy", world.LanguageModel());
        using (run)
        {
            await new SampleResponses(new() { PerPrompt = 1, MaxNewTokens = 4 }).RunAsync(run);
            var meta = () => Meta(run.Emitted.Single(), 0.1);
            (await meta.Should().ThrowAsync<StageException>()).Which.Message.Should().Contain("per-prompt: 4");
        }
    }
}
