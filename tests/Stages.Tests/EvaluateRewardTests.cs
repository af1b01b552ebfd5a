using System.Text.Json.Nodes;
using DataflowRlhf.Graph;
using DataflowRlhf.Stages.Training;

namespace DataflowRlhf.Stages.Tests;

public sealed class EvaluateRewardTests : IDisposable
{
    private readonly TinyWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task A_model_that_knows_the_rule_beats_labels_that_lie()
    {
        using var run = new TestStageRun()
            .With("pairs", TinyWorld.Pairs(20), TinyWorld.Pairs(100, "validation", 8, liesEvery: 4), TinyWorld.Pairs(40, "ood", 9))
            .WithModel("models", await world.TrainedRewardModel(), "reward");
        await new EvaluateReward(new()).RunAsync(run);

        var model = run.Summary["models"]!.AsArray().Should().ContainSingle().Subject!;
        double Fact(JsonNode part, string name) => part[name]!.GetValue<double>();
        model["stage"]!.GetValue<string>().Should().Be("reward");
        Fact(model, "truth").Should().BeGreaterThan(0.9);
        Fact(model, "agreement").Should().BeGreaterThan(0.9);
        Fact(model, "original").Should().BeInRange(0.6, 0.85, "a quarter of the labels lie");
        Fact(model["ood"]!, "original").Should().BeGreaterThan(0.9);
        model["agreement_rows"]!.GetValue<int>().Should().Be(75);
        JsonNode.Parse(File.ReadAllText(Path.Combine(run.OutputFolder, "report.json")))!["models"]!.ToJsonString().Should().Be(run.Summary["models"]!.ToJsonString());
        run.Said.Should().ContainSingle().Which.Should().StartWith("reward: original").And.Contain("ood:");
    }

    [Fact]
    public async Task Reports_by_strength_where_rows_have_one()
    {
        var pairs = TinyWorld.Pairs(50, "validation", 8);
        var strength = Enumerable.Range(0, 50).Select(i => i - 25f).ToArray();
        using var byMean = new TestStageRun().With("pairs", pairs.With(Columns.StrengthMean, strength)).WithModel("models", world.RewardModel());
        await new EvaluateReward(new() { StrengthGroups = 5 }).RunAsync(byMean);
        var groups = byMean.Summary["models"]![0]!["by_group"]!.AsArray();
        groups.Select(g => g!["rows"]!.GetValue<int>()).Should().Equal(10, 10, 10, 10, 10);
        groups.Select(g => g!["strength"]!.GetValue<double>()).Should().BeInAscendingOrder();

        using var byDecile = new TestStageRun().With("pairs", pairs.With(Columns.StrengthDecile, strength.Select(s => s < 0 ? 3 : 7).ToArray())).WithModel("models", world.RewardModel());
        await new EvaluateReward(new()).RunAsync(byDecile);
        byDecile.Summary["models"]![0]!["by_group"]!.AsArray().Select(g => g!["group"]!.GetValue<int>()).Should().Equal(3, 7);
    }

    [Fact]
    public async Task One_entry_a_model_in_the_order_given()
    {
        using var run = new TestStageRun().With("pairs", TinyWorld.Pairs(10, "validation"))
            .WithModel("models", world.RewardModel(1), "voter[1]").WithModel("models", world.RewardModel(2), "voter[2]");
        await new EvaluateReward(new()).RunAsync(run);
        run.Summary["models"]!.AsArray().Select(m => m!["stage"]!.GetValue<string>()).Should().Equal("voter[1]", "voter[2]");
        var pairs = TinyWorld.Pairs(10, "validation");
        run.Counted["tokens"].Should().Be(2 * new[] { Columns.PromptIds, Columns.ChosenIds, Columns.RejectedIds }.Sum(c => pairs.Get(c).Sum(ids => (long)ids.Length)));
    }

    [Fact]
    public async Task Rows_of_no_split_are_all_measured_and_training_rows_never()
    {
        using var none = new TestStageRun().With("pairs", TinyWorld.Pairs(10).Without("split")).WithModel("models", world.RewardModel());
        await new EvaluateReward(new()).RunAsync(none);
        none.Summary["validation_rows"]!.GetValue<int>().Should().Be(10);
        using var training = new TestStageRun().With("pairs", TinyWorld.Pairs(10)).WithModel("models", world.RewardModel());
        await FluentActions.Awaiting(() => new EvaluateReward(new()).RunAsync(training)).Should().ThrowAsync<StageException>();
    }

    [Fact]
    public async Task A_killed_one_scores_only_the_models_that_are_left()
    {
        using var world = new TinyWorld();
        string[] folders = [world.RewardModel(1), world.RewardModel(2)];
        TestStageRun Fed(TestStageRun run) => run.With("pairs", TinyWorld.Pairs(9, "validation"), TinyWorld.Pairs(4, "ood")).WithModel("models", folders[0], "a").WithModel("models", folders[1], "b");
        using var whole = Fed(new TestStageRun());
        await new EvaluateReward(new()).RunAsync(whole);
        // Without its weights the first model cannot be asked again.
        File.Delete(Path.Combine(whole.CheckpointFolder, "differences-1-ood-0.json"));
        File.Delete(Path.Combine(folders[0], "model.safetensors"));
        using var resumed = Fed(new TestStageRun { CheckpointFolder = whole.CheckpointFolder });
        await new EvaluateReward(new()).RunAsync(resumed);
        File.ReadAllBytes(Path.Combine(resumed.OutputFolder, "report.json")).Should().Equal(File.ReadAllBytes(Path.Combine(whole.OutputFolder, "report.json")));
    }
}
