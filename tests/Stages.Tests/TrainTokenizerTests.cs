using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Stages.Tokens;

namespace DataflowRlhf.Stages.Tests;

public sealed class TrainTokenizerTests
{
    private static Batch Pairs(string word, string split = "train") => Batch.Of(0, 3)
        .With(Columns.Prompt, [.. Enumerable.Repeat($"What is {word}?", 3)])
        .With(Columns.Chosen, [.. Enumerable.Repeat($" {word} is fine", 3)])
        .With(Columns.Rejected, [.. Enumerable.Repeat($" {word} is bad", 3)])
        .With(Columns.Split, [.. Enumerable.Repeat(split, 3)]);

    private static async Task<TestStageRun> Train(params Batch[] batches)
    {
        var run = new TestStageRun().With("pairs", batches);
        await new TrainTokenizer(new TrainTokenizer.Options { VocabSize = 300 }).RunAsync(run);
        return run;
    }

    [Fact]
    public async Task Leaves_a_folder_with_a_tokenizer_that_knows_the_words()
    {
        using var run = await Train(Pairs("rhubarb"));
        var tokenizer = TextTokenizer.Load(run.OutputFolder);
        tokenizer.Encode(" rhubarb").Should().HaveCount(1);
        tokenizer.EosId.Should().NotBeNull();
        Directory.GetFiles(run.OutputFolder).Select(Path.GetFileName).Should().BeEquivalentTo("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt");
        run.Summary["vocab_size"]!.GetValue<int>().Should().Be(tokenizer.VocabSize);
        run.Summary["rows"]!.GetValue<long>().Should().Be(3);
    }

    [Fact]
    public async Task Learns_nothing_from_held_out_rows()
    {
        using var run = await Train(Pairs("rhubarb"), Pairs("zucchini", "validation"));
        var tokenizer = TextTokenizer.Load(run.OutputFolder);
        tokenizer.Encode(" zucchini").Length.Should().BeGreaterThan(4);
    }

    [Fact]
    public async Task Equal_rows_give_equal_bytes()
    {
        using var one = await Train(Pairs("rhubarb"), Pairs("fig"));
        using var two = await Train(Pairs("fig"), Pairs("rhubarb"));
        File.ReadAllBytes(Path.Combine(one.OutputFolder, "tokenizer.json")).Should().Equal(File.ReadAllBytes(Path.Combine(two.OutputFolder, "tokenizer.json")));
    }

    [Fact]
    public async Task Says_so_when_the_texts_hold_less_than_was_asked()
    {
        using var run = await Train(Pairs("x"));
        run.Warned.Should().ContainSingle().Which.Should().Contain("not 300");
    }

    [Fact]
    public async Task Nothing_to_learn_from_is_an_error()
    {
        var train = () => Train(Pairs("x", "validation"));
        (await train.Should().ThrowAsync<StageException>()).WithMessage("*none of the 3 rows is in split train*");
    }
}
