using System.Globalization;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Ppo;
using DataflowRlhf.Learning.Training;
using TorchSharp;

namespace DataflowRlhf.Learning.Tests.Training;

/// <summary>The process does not grow with the steps, and no tensor of a step outlives it.</summary>
public sealed class MemoryTests(ITestOutputHelper output)
{
    private const long Allowed = 12 << 20;

    [Fact]
    public void Stays_flat_over_hundreds_of_reward_steps()
    {
        using var model = Tiny.Reward();
        var settings = new RewardSettings { Dropout = 0.1, Contrast = Contrast.Simcse, Centring = 0.01 };
        var marks = new Dictionary<long, (long Resident, long Tensors)>();
        new TrainingLoop(Tiny.Trainer(model, Tiny.Pairs(160), settings), Tiny.Settings(rate: 1e-4) with { Epochs = 40, TokensPerPass = 120 })
        {
            OnStep = (done, _) => { if (done % 80 == 0) marks[done] = Now(); },
        }.Run();
        Flat(marks, from: 160, to: 400);
    }

    [Fact]
    public void Stays_flat_over_hundreds_of_ppo_steps()
    {
        using var policy = Tiny.Language(1);
        using var reference = Tiny.Language(2);
        using var reward = Tiny.Reward(3);
        using var values = ValueModel.FromReward(reward);
        var settings = new PpoSettings
        {
            Sampling = new() { MaxNewTokens = 6, StopIds = [Tiny.Eos] },
            SamplesPerPrompt = 4,
            MiniBatch = 8,
            Epochs = 2,
            PolicyRate = 1e-5,
            ValueRate = 1e-5,
        };
        using var trainer = new PpoTrainer(policy, reference, reward, values, settings, torch.CPU);
        var prompts = Tiny.Pairs(4).Select(p => p.Prompt).ToArray();
        var marks = new Dictionary<long, (long Resident, long Tensors)>();
        for (var iteration = 1; iteration <= 80; iteration++) // 4 optimizer steps each
        {
            trainer.Iterate(prompts, iteration);
            if (iteration % 20 == 0)
                marks[iteration] = Now();
        }
        Flat(marks, from: 20, to: 80);
    }

    private void Flat(Dictionary<long, (long Resident, long Tensors)> marks, long from, long to)
    {
        output.WriteLine(string.Join(", ", marks.Select(m => $"{m.Key}: {m.Value.Resident / 1024} KiB, {m.Value.Tensors} tensors")));
        (marks[to].Resident - marks[from].Resident).Should().BeLessThan(Allowed);
        marks[to].Tensors.Should().Be(marks[from].Tensors);
    }

    private static (long Resident, long Tensors) Now() => (Resident(), DisposeScopeManager.Statistics.ThreadTotalLiveCount);

    /// <summary>Bytes in memory once the collector has taken what nobody holds; where the system does not tell, what the collector holds.</summary>
    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return OperatingSystem.IsLinux() ? 4096 * long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) : Environment.WorkingSet;
    }
}
