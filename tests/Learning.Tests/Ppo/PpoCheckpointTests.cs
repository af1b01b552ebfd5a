using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Ppo;
using DataflowRlhf.Learning.Tests.Training;
using DataflowRlhf.Learning.Training;
using TorchSharp;

namespace DataflowRlhf.Learning.Tests.Ppo;

/// <summary>PPO that was stopped or killed anywhere goes on to the same bits.</summary>
public sealed class PpoCheckpointTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("ppo-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static readonly int[][] Prompts = [.. Tiny.Pairs(4).Select(p => p.Prompt)];

    private static readonly PpoSettings Settings = new()
    {
        Sampling = new() { MaxNewTokens = 6, StopIds = [Tiny.Eos] }, PromptsPerIteration = 4, SamplesPerPrompt = 3, Iterations = 4, Epochs = 2, MiniBatch = 5,
        PolicyRate = 0.01, ValueRate = 0.01, KlCoefficient = 0.1, KlTarget = 0.5, NormalizeReward = true, Seed = 3, TokensPerPass = 40,
    };

    /// <summary>Four models and their trainer.</summary>
    private sealed class World : IDisposable
    {
        private readonly CausalLm policy = Tiny.Language(1).Loud();
        private readonly CausalLm? reference;
        private readonly RewardModel reward = Tiny.Reward(3).Loud();
        private readonly ValueModel values;

        public World(bool lora, PpoSettings? settings = null)
        {
            if (lora)
            {
                policy.Adapt(new() { Rank = 2, Alpha = 4 }, 5);
                reward.Decoder.Adapt(new() { Rank = 2, Alpha = 4 }, 6);
            }
            else
            {
                reference = Tiny.Language(1).Loud();
            }
            values = lora ? ValueModel.Beside(reward) : ValueModel.FromReward(reward);
            Trainer = new PpoTrainer(policy, reference, reward, values, settings ?? Settings, torch.CPU);
        }

        public PpoTrainer Trainer { get; }
        public TrainingCurves Curves { get; } = new();

        public float[] Bits => [.. policy.parameters().Concat(values.parameters()).SelectMany(p => Tiny.Values(p))];

        /// <summary>All figures of the iterations up to the last.</summary>
        public List<double> ToTheEnd(int iteration, Action? pause = null, CancellationToken stopping = default)
        {
            for (; iteration < Settings.Iterations; iteration++)
            {
                Done = iteration;
                foreach (var (name, value) in Trainer.Iterate(Prompts, iteration, pause, stopping))
                    Curves.Add(name, iteration + 1, value);
            }
            return [.. Curves.Names.SelectMany(n => Curves[n].Select(p => p.Value))];
        }

        /// <summary>Iterations done.</summary>
        public int Done { get; private set; }

        public void Dispose()
        {
            Trainer.Dispose();
            foreach (var module in new torch.nn.Module?[] { policy, reference, reward, values })
                module?.Dispose();
        }
    }

    [Theory]
    [InlineData(1, false)]  // behind the first rollout
    [InlineData(3, false)]  // within the first iteration's updates
    [InlineData(9, false)]  // within the second's
    [InlineData(13, false)] // behind the third rollout
    [InlineData(16, true)]
    public void A_stop_within_an_iteration_loses_nothing(int pauses, bool lora)
    {
        using var whole = new World(lora);
        var expected = whole.ToTheEnd(0);

        using var stop = new CancellationTokenSource();
        using var stopped = new World(lora);
        var at = 0;
        stopped.Invoking(s => s.ToTheEnd(0, () => { if (++at == pauses) stop.Cancel(); }, stop.Token)).Should().Throw<OperationCanceledException>();
        stopped.Trainer.HasChanged.Should().BeTrue();
        stopped.Trainer.Save(folder, stopped.Done, stopped.Curves);
        stopped.Trainer.HasChanged.Should().BeFalse();

        using var resumed = new World(lora);
        var done = resumed.Trainer.Resume(folder, resumed.Curves);
        done.Should().Be(stopped.Done);
        resumed.ToTheEnd(done).Should().Equal(expected);
        resumed.Bits.Should().Equal(whole.Bits);
    }

    [Fact]
    public void Sampling_ends_promptly_and_leaves_the_iterations_start()
    {
        using var stop = new CancellationTokenSource();
        using var world = new World(false);
        world.Trainer.Iterate(Prompts, 0);
        world.Trainer.Save(folder, 1, world.Curves);
        var before = world.Bits;
        stop.Cancel();
        var paused = 0;
        FluentActions.Invoking(() => world.Trainer.Iterate(Prompts, 1, () => paused++, stop.Token)).Should().Throw<OperationCanceledException>();
        (paused, world.Trainer.HasChanged).Should().Be((0, false), "there is nothing that the checkpoint has not");
        world.Bits.Should().Equal(before);
    }

    [Fact]
    public void A_loss_that_is_no_number_leaves_the_weights_and_the_checkpoint_before()
    {
        using var world = new World(false, Settings with { ValueRate = 1e30 });
        world.Trainer.Save(folder, 0, world.Curves);
        FluentActions.Invoking(() => world.ToTheEnd(0)).Should().Throw<TrainingDivergedException>()
            .WithMessage("Iteration 1 of 4: the policy loss is *, the value loss *value-rate 1E+30; all must be finite. Try a smaller policy-rate*The checkpoint of iteration 0 is kept*");
    }

    [Fact]
    public void A_response_with_a_token_that_the_reward_model_lacks_is_told()
    {
        using var policy = Tiny.Language(1);
        using var reference = Tiny.Language(1);
        using var reward = ModelFolder.CreateReward(Tiny.Config with { VocabSize = 4 }, 3, torch.CPU);
        using var values = ValueModel.FromReward(reward);
        using var trainer = new PpoTrainer(policy, reference, reward, values, Settings, torch.CPU);
        trainer.Invoking(t => t.Iterate(Prompts, 0)).Should().Throw<UnknownTokenException>().WithMessage("A response of the policy holds the token *, and the reward model has the tokens 0 to 3 only.*");
    }

    [Fact]
    public void Tensors_do_not_gather_with_the_checkpoints()
    {
        using var world = new World(false);
        var counts = new List<long>();
        world.ToTheEnd(0, () =>
        {
            world.Trainer.Save(folder, world.Done, world.Curves);
            counts.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        });
        counts.Skip(6).Distinct().Should().ContainSingle();
        Directory.GetFiles(folder).Should().HaveCount(2);
    }
}
