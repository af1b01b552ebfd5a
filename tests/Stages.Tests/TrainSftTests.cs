using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Models;
using DataflowRlhf.Stages.Training;

namespace DataflowRlhf.Stages.Tests;

public sealed class TrainSftTests : IDisposable
{
    private readonly TinyWorld world = new();

    public void Dispose() => world.Dispose();

    private static readonly TrainSft.Options Quick = new() { BatchSize = 16, LearningRate = 3e-3, HiddenSize = 32, Layers = 2, Heads = 4, KvHeads = 2, FfnSize = 64, MaxPositions = 48 };

    private static byte[] Weights(TestStageRun run) => File.ReadAllBytes(Path.Combine(run.OutputFolder, "model.safetensors"));

    private static async Task<TestStageRun> Train(TrainSft.Options options, TestStageRun run)
    {
        await new TrainSft(options).RunAsync(run);
        return run;
    }

    [Fact]
    public async Task Trains_a_new_model_from_a_tokenizer_alone()
    {
        using var run = await Train(Quick with { Epochs = 2 }, new TestStageRun().With("pairs", TinyWorld.Pairs(160), TinyWorld.Pairs(20, "validation", 8)).WithModel("tokenizer", world.Tokenizer()));
        run.Curve("loss").Should().HaveCount(20);
        run.Curve("loss")[^1].Should().BeLessThan(0.8 * run.Curve("loss")[0]);
        run.Curve("validation_perplexity").Should().ContainSingle().Which.Should().BeLessThan(258);
        var config = DecoderConfig.Read(run.OutputFolder);
        (config.VocabSize, config.HiddenSize, config.Layers, config.KvHeads, config.EosTokenId).Should().Be((258, 32, 2, 2, 1));
        Directory.GetFiles(run.OutputFolder).Select(Path.GetFileName).Should().Contain(["config.json", "model.safetensors", "tokenizer.json", "README.md"]);
    }

    [Fact]
    public async Task Trains_a_new_model_in_bfloat16()
    {
        using var run = await Train(Quick with { Precision = Precision.Bfloat16 }, new TestStageRun().With("pairs", TinyWorld.Pairs(64)).WithModel("tokenizer", world.Tokenizer()));
        File.ReadAllText(Path.Combine(run.OutputFolder, "config.json")).Should().Contain("bfloat16");
        run.Curve("loss")[^1].Should().BeLessThan(run.Curve("loss")[0]);
    }

    [Fact]
    public async Task Adapters_lie_beside_the_model_that_has_them_merged()
    {
        var folder = world.LanguageModel();
        using var run = await Train(Quick with { LoraRank = 2, LoraTargets = ["q_proj", "down_proj"] }, new TestStageRun().With("pairs", TinyWorld.Pairs(32)).WithModel("init", folder));
        run.Summary["trained_parameters"]!.GetValue<long>().Should().Be(2 * 2 * (32 + 32 + 64 + 32));
        var config = Path.Combine(run.OutputFolder, "adapter", "adapter_config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"base_model_name_or_path\": null", $"\"base_model_name_or_path\": \"{folder}\""));
        using var whole = ModelFolder.LoadCausalLm(run.OutputFolder, TorchSharp.torch.CPU);
        using var parts = ModelFolder.LoadCausalLm(Path.Combine(run.OutputFolder, "adapter"), TorchSharp.torch.CPU);
        whole.Decoder.Named.Zip(parts.Decoder.Named).Should().OnlyContain(p => p.First.Value.detach().data<float>().ToArray().SequenceEqual(p.Second.Value.detach().data<float>().ToArray()));
    }

    [Theory]
    [InlineData(4, "q_prj", "lora-targets: LoRA target 'q_prj' is no weight*q_proj, k_proj*")]
    public async Task An_adapter_that_cannot_be_is_told(int rank, string target, string message)
    {
        var train = () => Train(Quick with { LoraRank = rank, LoraTargets = [target] }, new TestStageRun().With("pairs", TinyWorld.Pairs(32)).WithModel("init", world.LanguageModel()));
        (await train.Should().ThrowAsync<StageException>()).WithMessage(message);
        var anew = () => Train(Quick with { LoraRank = rank }, new TestStageRun().With("pairs", TinyWorld.Pairs(32)).WithModel("tokenizer", world.Tokenizer()));
        (await anew.Should().ThrowAsync<StageException>()).WithMessage("*would be new*init*");
    }

    [Fact]
    public async Task Goes_on_from_a_model_by_port_or_by_path()
    {
        var folder = world.LanguageModel();
        using var port = await Train(Quick, new TestStageRun().With("pairs", TinyWorld.Pairs(32)).WithModel("init", folder));
        using var path = await Train(Quick with { Init = folder }, new TestStageRun().With("pairs", TinyWorld.Pairs(32)));
        Weights(path).Should().Equal(Weights(port));
        Weights(path).Should().NotEqual(File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
    }

    [Fact]
    public async Task Equal_seeds_give_equal_bytes_and_a_killed_run_goes_on_to_them()
    {
        var options = Quick with { BatchSize = 8, CheckpointEvery = 2, Dropout = 0.1 };
        TestStageRun Fed(TestStageRun run) => run.With("pairs", TinyWorld.Pairs(48)).WithModel("tokenizer", world.Tokenizer());
        using var first = await Train(options, Fed(new TestStageRun()));
        using var second = await Train(options, Fed(new TestStageRun()));
        Weights(second).Should().Equal(Weights(first));

        using var killed = Fed(new TestStageRun { OnMetric = p => { if (p is { Name: "loss", Step: 5 }) throw new IOException("crash"); } });
        await FluentActions.Awaiting(() => Train(options, killed)).Should().ThrowAsync<IOException>();
        using var resumed = await Train(options, Fed(new TestStageRun { CheckpointFolder = killed.CheckpointFolder }));
        resumed.Progressed[0].Done.Should().Be(4);
        (first.WentOn, resumed.WentOn!.Value.Done).Should().Be((null, 4));
        Weights(resumed).Should().Equal(Weights(first));
    }

    [Fact]
    public async Task Learns_responses_or_everything()
    {
        var options = Quick with { WarmUp = 0 }; // one step, and a warm-up begins at 0
        using var responses = await Train(options, new TestStageRun().With("pairs", TinyWorld.Pairs(16)).WithModel("tokenizer", world.Tokenizer()));
        using var everything = await Train(options with { TrainOn = TrainSft.Learnt.Everything }, new TestStageRun().With("pairs", TinyWorld.Pairs(16)).WithModel("tokenizer", world.Tokenizer()));
        Weights(everything).Should().NotEqual(Weights(responses));
    }

    [Fact]
    public async Task Starting_from_nothing_at_all_is_refused()
    {
        using var run = new TestStageRun().With("pairs", TinyWorld.Pairs(16));
        (await FluentActions.Awaiting(() => Train(Quick, run)).Should().ThrowAsync<StageException>()).WithMessage("*tokenizer*init*");
    }

    [Fact]
    public void Sizes_that_do_not_divide_are_refused()
    {
        FluentActions.Invoking(() => new TrainSft(new() { HiddenSize = 30, Heads = 4 })).Should().Throw<OptionException>().Which.Option.Should().Be("hidden-size");
        FluentActions.Invoking(() => new TrainSft(new() { KvHeads = 3 })).Should().Throw<OptionException>().Which.Option.Should().Be("kv-heads");
        FluentActions.Invoking(() => new TrainSft(new() { HiddenSize = 12, Heads = 4 })).Should().Throw<OptionException>().Which.Option.Should().Be("heads");
    }
}
