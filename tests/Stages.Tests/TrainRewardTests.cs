using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Training;
using DataflowRlhf.Stages.Training;

namespace DataflowRlhf.Stages.Tests;

public sealed class TrainRewardTests : IDisposable
{
    private readonly TinyWorld world = new();

    public void Dispose() => world.Dispose();

    private static readonly TrainReward.Options Quick = new() { BatchSize = 16, LearningRate = 3e-3 };

    private static byte[] Weights(TestStageRun run) => File.ReadAllBytes(Path.Combine(run.OutputFolder, "model.safetensors"));

    private async Task<TestStageRun> Train(TrainReward.Options options, TestStageRun run)
    {
        await new TrainReward(options).RunAsync(run.WithModel("init", world.LanguageModel()));
        return run;
    }

    [Fact]
    public async Task Learns_the_rule_and_leaves_a_model_folder_with_its_card()
    {
        using var run = await Train(Quick with { Epochs = 3 }, new TestStageRun().With("pairs", TinyWorld.Pairs(400), TinyWorld.Pairs(60, "validation", 8)));
        run.Summary["validation_accuracy"]!.GetValue<double>().Should().BeGreaterThan(0.9);
        run.Summary["rows"]!.GetValue<int>().Should().Be(400);
        run.Curve("loss").Should().HaveCount(75);
        run.Curve("loss")[^5..].Average().Should().BeLessThan(run.Curve("loss")[..5].Average());
        run.Progressed[^1].Should().Be((75L, (long?)75L, "steps"));
        Directory.GetFiles(run.OutputFolder).Select(Path.GetFileName).Should().Contain(["config.json", "model.safetensors", "tokenizer.json", "README.md"]);
        File.ReadAllText(Path.Combine(run.OutputFolder, "README.md")).Should().Contain("`learning-rate` | 0.003").And.Contain("validation_accuracy").And.NotContain("checkpoint-every", "what changes the speed alone changes no byte");
    }

    [Fact]
    public async Task Equal_seeds_give_equal_bytes_and_voters_differ()
    {
        async Task<byte[]> Train(ulong seed, long shuffle)
        {
            using var run = await this.Train(Quick with { ShuffleSeed = shuffle, Contrastive = Contrast.Simcse }, new TestStageRun(seed).With("pairs", TinyWorld.Pairs(48)));
            return Weights(run);
        }
        var first = await Train(1, 1);
        (await Train(1, 1)).Should().Equal(first);
        (await Train(1, 2)).Should().NotEqual(first);
        (await Train(2, 1)).Should().NotEqual(first);
    }

    [Fact]
    public async Task Goes_on_from_its_checkpoint_to_the_same_bytes()
    {
        var options = Quick with { BatchSize = 8, CheckpointEvery = 2, Contrastive = Contrast.Simcse };
        using var undisturbed = await Train(options, new TestStageRun().With("pairs", TinyWorld.Pairs(48)));

        using var killed = new TestStageRun { OnMetric = p => { if (p is { Name: "loss", Step: 4 }) throw new IOException("crash"); } }.With("pairs", TinyWorld.Pairs(48));
        await FluentActions.Awaiting(() => Train(options, killed)).Should().ThrowAsync<IOException>();
        using var resumed = new TestStageRun { CheckpointFolder = killed.CheckpointFolder }.With("pairs", TinyWorld.Pairs(48));
        await Train(options, resumed);

        resumed.Progressed[0].Done.Should().Be(2);
        Weights(resumed).Should().Equal(Weights(undisturbed));
        resumed.Curve("loss").Should().Equal(undisturbed.Curve("loss"));
    }

    [Fact]
    public async Task Trains_on_the_train_split_alone()
    {
        using var alone = await Train(Quick, new TestStageRun().With("pairs", TinyWorld.Pairs(32)));
        using var among = await Train(Quick, new TestStageRun().With("pairs", TinyWorld.Pairs(32), TinyWorld.Pairs(20, "validation", 8), TinyWorld.Pairs(20, "ood", 9)));
        Weights(among).Should().Equal(Weights(alone));
    }

    [Fact]
    public async Task Margins_and_soft_labels_of_the_rows_count()
    {
        var options = Quick with { WarmUp = 0 }; // two steps, and a warm-up begins at 0
        var batch = TinyWorld.Pairs(32);
        using var plain = await Train(options, new TestStageRun().With("pairs", batch));
        using var margins = await Train(options, new TestStageRun().With("pairs", batch.With(Columns.Margin, Enumerable.Repeat(3f, 32).ToArray())));
        using var flipped = await Train(options, new TestStageRun().With("pairs", batch.With(Columns.Alpha, Enumerable.Repeat(1f, 32).ToArray())));
        using var ignored = await Train(options with { Alpha = 0 }, new TestStageRun().With("pairs", batch.With(Columns.Alpha, Enumerable.Repeat(1f, 32).ToArray())));
        margins.Curve("loss")[0].Should().BeGreaterThan(plain.Curve("loss")[0] + 1);
        flipped.Curve("margin")[^1].Should().BeLessThan(plain.Curve("margin")[^1]);
        Weights(ignored).Should().Equal(Weights(plain));
    }

    [Fact]
    public async Task Rows_that_do_not_fit_are_put_aside_with_the_reason()
    {
        var batch = TinyWorld.Pairs(20);
        var chosen = batch.Get(Columns.ChosenIds).ToArray();
        chosen[3] = [];
        chosen[5] = Enumerable.Repeat(100, 60).ToArray();
        using var run = await Train(Quick, new TestStageRun().With("pairs", batch.With(Columns.ChosenIds, chosen)));
        run.Quarantined.Select(q => q.Row).Should().Equal(3, 5);
        run.Quarantined[0].Reason.Should().Contain("chosen_ids");
        run.Quarantined[1].Reason.Should().Contain("the model takes 48").And.Contain("max-tokens");
        run.Summary["rows"]!.GetValue<int>().Should().Be(18);
    }

    [Theory]
    [InlineData(RewardLoss.Pairs, 0.1)]
    [InlineData(RewardLoss.Comparisons, 0)]
    public async Task The_other_terms_run(RewardLoss loss, double language)
    {
        using var run = await Train(Quick with { Loss = loss, LmWeight = language, Centring = 0.01, Contrastive = Contrast.Swav, Prototypes = 6, Queue = 10 },
            new TestStageRun().With("pairs", TinyWorld.Pairs(32)));
        run.Curve("contrastive").Should().HaveCount(2);
        run.Curve("lm_loss").Should().HaveCount(language > 0 ? 2 : 0);
    }

    /// <summary>All comparisons of lists of four: the more good letters, the better.</summary>
    private static Batch Lists(int lists, string split = "train", ulong seed = 5, bool ties = false)
    {
        var random = new SeededRandom(seed);
        int[] Word(int from, int to) => [.. Enumerable.Range(0, random.Next(from, to)).Select(_ => random.Next('p', 'z'))];
        var rows = new List<(string Id, string Group, int[] Prompt, int[] Chosen, int[] Rejected, float ChosenRank, float RejectedRank)>();
        for (var list = 0; list < lists; list++)
        {
            var prompt = Word(2, 6);
            var responses = Enumerable.Range(0, 4).Select(i => (int[])[.. Enumerable.Repeat(TinyWorld.Good, 3 - i), .. Word(1, 4), TinyWorld.Eos]).ToList();
            for (var i = 0; i < 4; i++)
                for (var j = i + 1; j < 4; j++)
                    if (!ties || i != 1 || j != 2)
                        rows.Add(($"{split}-{list}/{i}-{j}", $"{split}-{list}", prompt, responses[i], responses[j], i + 1, ties && j == 2 ? 2 : j + 1));
        }
        if (ties)
            rows = rows.ConvertAll(r => r with { ChosenRank = r.ChosenRank == 3 ? 2 : r.ChosenRank });
        return Batch.Of(0, rows.Count)
            .With(Columns.RowId, [.. rows.Select(r => r.Id)]).With(Columns.Split, [.. rows.Select(_ => split)]).With(Columns.PromptGroup, [.. rows.Select(r => r.Group)])
            .With(Columns.PromptIds, [.. rows.Select(r => r.Prompt)]).With(Columns.ChosenIds, [.. rows.Select(r => r.Chosen)]).With(Columns.RejectedIds, [.. rows.Select(r => r.Rejected)])
            .With(Columns.ChosenRank, [.. rows.Select(r => r.ChosenRank)]).With(Columns.RejectedRank, [.. rows.Select(r => r.RejectedRank)]);
    }

    [Theory]
    [InlineData(RewardLoss.Comparisons)]
    [InlineData(RewardLoss.KWise)]
    public async Task Learns_from_ranked_lists_a_list_at_a_time(RewardLoss loss)
    {
        using var run = await Train(Quick with { Loss = loss, BatchSize = 8, Epochs = 4 }, new TestStageRun().With("pairs", Lists(64), Lists(10, "validation", 8)));
        run.Summary["rows"]!.GetValue<int>().Should().Be(64 * 6);
        run.Summary["examples"]!.GetValue<int>().Should().Be(64);
        run.Curve("loss").Should().HaveCount(32);
        run.Summary["validation_accuracy"]!.GetValue<double>().Should().BeGreaterThan(0.9);
        // Where a model knows nothing, a comparison costs log 2, and a list of four log 4!.
        run.Curve("loss")[0].Should().BeApproximately(loss == RewardLoss.KWise ? Math.Log(24) : Math.Log(2), 0.2);
    }

    [Fact]
    public async Task Lists_with_equal_ranks_are_put_aside_by_k_wise_and_taken_by_comparisons()
    {
        var tied = Lists(3, seed: 6, ties: true);
        var renamed = tied.With(Columns.PromptGroup, [.. tied.Get(Columns.PromptGroup).Select(g => "tied " + g)]);
        using var listwise = await Train(Quick with { Loss = RewardLoss.KWise }, new TestStageRun().With("pairs", Lists(20), renamed));
        listwise.Summary["examples"]!.GetValue<int>().Should().Be(20);
        listwise.Quarantined.Should().HaveCount(3).And.OnlyContain(q => q.RowId.StartsWith("tied ") && q.Reason.Contains("equal ranks"));
        using var compared = await Train(Quick with { Loss = RewardLoss.Comparisons }, new TestStageRun().With("pairs", Lists(20), renamed));
        compared.Summary["examples"]!.GetValue<int>().Should().Be(23);
        using var only = new TestStageRun().With("pairs", renamed);
        (await FluentActions.Awaiting(() => Train(Quick with { Loss = RewardLoss.KWise }, only)).Should().ThrowAsync<StageException>()).WithMessage("No ranked list*equal ranks*loss: comparisons*");
    }

    [Fact]
    public async Task K_wise_takes_ranks_alone_and_says_so()
    {
        var lists = Lists(8);
        foreach (var batch in new[]
        {
            lists.With(Columns.Margin, [.. Enumerable.Repeat(0.5f, lists.Rows)]), lists.With(Columns.Alpha, [.. Enumerable.Repeat(0.1f, lists.Rows)]),
            lists.With(Columns.ChosenRank, lists.Get(Columns.RejectedRank)).With(Columns.RejectedRank, lists.Get(Columns.ChosenRank)),
        })
        {
            using var run = new TestStageRun().With("pairs", batch);
            (await FluentActions.Awaiting(() => Train(Quick with { Loss = RewardLoss.KWise }, run)).Should().ThrowAsync<StageException>()).WithMessage("*ranks alone*loss: comparisons*");
        }
        FluentActions.Invoking(() => new TrainReward(new() { Loss = RewardLoss.KWise, Margin = 1 })).Should().Throw<OptionException>().Which.Option.Should().Be("margin");
        FluentActions.Invoking(() => new TrainReward(new() { Loss = RewardLoss.KWise, Alpha = 0 })).Should().Throw<OptionException>().Which.Option.Should().Be("alpha");
        ((DatasetPort)new TrainReward(new() { Loss = RewardLoss.KWise }).Ports.Inputs[0]).Needs.Should().Contain([Columns.PromptGroup, Columns.ChosenRank, Columns.RejectedRank]);
    }

    [Fact]
    public async Task A_loss_that_is_no_number_is_one_clear_message()
    {
        var run = new TestStageRun().With("pairs", TinyWorld.Pairs(32).With(Columns.Margin, Enumerable.Repeat(float.MaxValue, 32).ToArray()));
        (await FluentActions.Awaiting(() => Train(Quick, run)).Should().ThrowAsync<StageException>()).WithMessage("Step 1 of 2: the loss is *margins*");
        run.Dispose();
    }

    [Fact]
    public async Task Nothing_to_train_on_is_said()
    {
        using var run = new TestStageRun().With("pairs", TinyWorld.Pairs(4, "validation"));
        (await FluentActions.Awaiting(() => Train(Quick, run)).Should().ThrowAsync<StageException>()).WithMessage("*split 'train'*");
    }

    [Fact]
    public void Simcse_without_dropout_is_refused_by_name()
    {
        FluentActions.Invoking(() => new TrainReward(new() { Contrastive = Contrast.Simcse, Dropout = 0 })).Should().Throw<OptionException>()
            .Which.Option.Should().Be("dropout");
        FluentActions.Invoking(() => new TrainReward(new() { Queue = 3 })).Should().Throw<OptionException>().Which.Write.Should().Be("contrastive: swav");
    }

    [Fact]
    public void Init_is_a_port_or_a_path()
    {
        new TrainReward(new()).Ports.Inputs.Select(p => p.Name).Should().Equal("pairs", "init");
        new TrainReward(new() { Init = "somewhere" }).Ports.Inputs.Select(p => p.Name).Should().Equal("pairs");
    }
}
