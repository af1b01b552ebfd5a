using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Stages.Training;
using TorchSharp;

namespace DataflowRlhf.Stages.Tests;

public sealed class ScoreEnsembleTests : IDisposable
{
    private readonly TinyWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task Adds_every_voters_scores_in_the_voters_order()
    {
        string[] folders = [world.RewardModel(1), world.RewardModel(2), world.RewardModel(3)];
        using var run = new TestStageRun().With("pairs", TinyWorld.Pairs(7), TinyWorld.Pairs(4, "validation", 8));
        foreach (var folder in folders)
            run.WithModel("models", folder, folder);
        await new ScoreEnsemble(new() { TokensPerPass = 50 }).RunAsync(run);

        run.Emitted.Select(b => b.Rows).Should().Equal(7, 4);
        run.All(Columns.RowId).Should().Equal(Enumerable.Range(0, 7).Select(i => $"train-{i}").Concat(Enumerable.Range(0, 4).Select(i => $"validation-{i}")));
        run.Emitted[0].Has(Columns.TruthFlipped).Should().BeTrue("other columns pass on");
        var chosen = run.All(Columns.ChosenScores);
        var rejected = run.All(Columns.RejectedScores);
        for (var voter = 0; voter < 3; voter++)
        {
            using var model = ModelFolder.LoadReward(folders[voter], torch.CPU);
            for (var row = 0; row < 7; row++)
            {
                var batch = run.Emitted[0];
                var alone = RewardScorer.Score(model, [new PreferencePair(batch.Get(Columns.PromptIds)[row], batch.Get(Columns.ChosenIds)[row], batch.Get(Columns.RejectedIds)[row])], 1000, torch.CPU)[0];
                chosen[row][voter].Should().BeApproximately(alone.Chosen, 1e-5f);
                rejected[row][voter].Should().BeApproximately(alone.Rejected, 1e-5f);
            }
        }
        run.Summary["voters"]!.GetValue<int>().Should().Be(3);
    }

    [Fact]
    public async Task A_killed_one_scores_only_the_rest()
    {
        var folder = world.RewardModel();
        TestStageRun Fed(TestStageRun run) => run.With("pairs", TinyWorld.Pairs(5), TinyWorld.Pairs(5, seed: 6), TinyWorld.Pairs(5, seed: 7)).WithModel("models", folder);
        using var whole = Fed(new TestStageRun());
        await new ScoreEnsemble(new()).RunAsync(whole);
        using var killed = Fed(new TestStageRun { OnMake = batch => { if (batch == 2) throw new IOException("killed"); } });
        await FluentActions.Awaiting(() => new ScoreEnsemble(new()).RunAsync(killed)).Should().ThrowAsync<IOException>();
        var made = new List<int>();
        using var resumed = Fed(new TestStageRun { Once = killed.Once, OnMake = made.Add });
        await new ScoreEnsemble(new()).RunAsync(resumed);
        made.Should().Equal(2);
        resumed.All(Columns.ChosenScores).Should().BeEquivalentTo(whole.All(Columns.ChosenScores), o => o.WithStrictOrdering());
        resumed.Summary.ToJsonString().Should().Be(whole.Summary.ToJsonString());
    }

    [Fact]
    public async Task A_row_without_tokens_is_put_aside()
    {
        var batch = TinyWorld.Pairs(5);
        var prompts = batch.Get(Columns.PromptIds).ToArray();
        prompts[2] = [];
        using var run = new TestStageRun().With("pairs", batch.With(Columns.PromptIds, prompts)).WithModel("models", world.RewardModel());
        await new ScoreEnsemble(new()).RunAsync(run);
        run.All(Columns.RowId).Should().Equal("train-0", "train-1", "train-3", "train-4");
        run.Quarantined.Should().ContainSingle().Which.RowId.Should().Be("train-2");
    }

    [Fact]
    public void Streams_its_pairs() => new ScoreEnsemble(new()).Ports.Inputs.OfType<DatasetPort>().Single().Streams.Should().BeTrue();
}
