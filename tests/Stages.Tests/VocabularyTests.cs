using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Stages.Policies;
using DataflowRlhf.Stages.Training;
using TorchSharp;

namespace DataflowRlhf.Stages.Tests;

/// <summary>Every stage that gives tokens to a model refuses those that the model does not have, by row.</summary>
public sealed class VocabularyTests : IDisposable
{
    private readonly TinyWorld world = new();

    public void Dispose() => world.Dispose();

    /// <summary>Twelve rows, the fifth with a token too many in this column; prompts as texts too.</summary>
    private static Batch Rows(Column<int[]> column, int id = 258, string split = "train")
    {
        var batch = TinyWorld.Pairs(12, split);
        batch = batch.With(Columns.Prompt, [.. batch.Get(Columns.RowId).Select(r => "prompt " + r)]);
        var ids = batch.Get(column).ToArray();
        ids[4] = [.. ids[4], id];
        return batch.With(column, ids);
    }

    private static async Task Refused(TestStageRun run, Stage stage, string message)
    {
        using (run)
            (await FluentActions.Awaiting(() => stage.RunAsync(run)).Should().ThrowAsync<StageException>()).WithMessage(message);
    }

    private const string Beyond = "and the model* has the tokens 0 to 257 only. Tokenize with the model's own tokenizer:  write: tokenize with: *";

    [Fact]
    public async Task Stages_that_train_name_the_row() => await Task.WhenAll(
        Refused(new TestStageRun().With("pairs", Rows(Columns.ChosenIds)).WithModel("init", world.LanguageModel()), new TrainSft(new()), $"Row 'train-4' holds the token 258 in chosen_ids, {Beyond}"),
        Refused(new TestStageRun().With("pairs", Rows(Columns.RejectedIds, -1)).WithModel("init", world.LanguageModel(4)), new TrainReward(new()), $"Row 'train-4' holds the token -1 in rejected_ids, {Beyond}"),
        Refused(new TestStageRun().With("pairs", Rows(Columns.ChosenIds)).With("shifted", Shifted(0)).WithModel("model", world.RewardModel()), new MetaUpdate(new()), $"Row 'train-4' * chosen_ids, {Beyond}"),
        Refused(new TestStageRun().With("pairs", TinyWorld.Pairs(8)).With("shifted", Shifted(900)).WithModel("model", world.RewardModel(4)), new MetaUpdate(new()), $"Row 's1' holds the token 900 in response_ids, {Beyond}"));

    private static Batch Shifted(int id) => Batch.Of(0, 2).With(Columns.RowId, ["s0", "s1"])
        .With(Columns.PromptIds, [[3, 4], [5]]).With(Columns.ResponseIds, [[6, 7, 8], [9, id, 9]]).With(Columns.ResponseLengths, [[1, 2], [2, 1]]);

    [Fact]
    public async Task Stages_that_score_name_the_row_and_the_model() => await Task.WhenAll(
        Refused(new TestStageRun().With("pairs", Rows(Columns.PromptIds)).WithModel("models", world.RewardModel(), "voter[1]"), new ScoreEnsemble(new()), "Row 'train-4' holds the token 258 in prompt_ids, and the model of 'voter[1]' has the tokens 0 to 257 only.*"),
        Refused(new TestStageRun().With("pairs", Rows(Columns.ChosenIds, split: "ood")).WithModel("models", world.RewardModel(4)), new EvaluateReward(new()), $"Row 'ood-4' * chosen_ids, {Beyond}"));

    [Fact]
    public async Task Stages_that_sample_name_the_row()
    {
        var (policy, reward) = (world.LanguageModel(), world.RewardModel());
        TestStageRun Fed() => new TestStageRun().With("prompts", Rows(Columns.PromptIds));
        await Refused(Fed().WithModel("policy", policy), new SampleResponses(new()), $"Row 'train-4' *prompt_ids, {Beyond}");
        await Refused(Fed().WithModel("policy", policy).WithModel("reward", reward), new Ppo(new()), $"Row 'train-4' *prompt_ids, {Beyond}");
        await Refused(Fed().WithModel("candidate", policy).WithModel("opponent", policy), new Compare(new() { Split = "train" }), $"Row 'train-4' *prompt_ids, {Beyond}");
    }

    [Fact]
    public async Task Where_models_differ_the_smallest_vocabulary_counts()
    {
        var small = world.Folder("small");
        using (var model = ModelFolder.CreateReward(TinyWorld.Config with { VocabSize = 120 }, 1, torch.CPU))
            ModelFolder.Save(model, small, world.Tokenizer(), "# small\n");
        var prompts = TinyWorld.Pairs(6);
        prompts = prompts.With(Columns.Prompt, prompts.Get(Columns.RowId)).With(Columns.PromptIds, [.. prompts.Get(Columns.PromptIds).Select(_ => new[] { 110, 111 })]);
        TestStageRun Fed() => new TestStageRun().With("prompts", prompts);
        var policy = world.LanguageModel();
        await Refused(Fed().WithModel("policy", policy).WithModel("reward", small, "reward"), new Ppo(new() { PromptsPerIteration = 4, MaxNewTokens = 8 }), "A response of the policy holds the token *, and the reward model has the tokens 0 to 119 only.*");
        await Refused(Fed().WithModel("candidate", policy).WithModel("opponent", policy).WithModel("judge", small, "small"), new Compare(new() { Judge = Compare.JudgedBy.RewardModel, Split = "train", MaxNewTokens = 8 }),
            "A response* holds the token *, and the model of 'small' has the tokens 0 to 119 only.*");
    }
}
