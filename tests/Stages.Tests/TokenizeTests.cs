using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Tokenizers;
using DataflowRlhf.Stages.Tokens;

namespace DataflowRlhf.Stages.Tests;

public sealed class TokenizeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tokenize-").FullName;
    private readonly TextTokenizer tokenizer;

    // No text, so no merges: one token a byte, and lengths are easy to count.
    public TokenizeTests() => tokenizer = BpeTrainer.Train([], new BpeTrainer.Options { VocabSize = 258 }, folder);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static Batch Pair(string prompt, string chosen, string rejected) => Batch.Of(0, 2)
        .With(Columns.RowId, ["first", "second"])
        .With(Columns.Prompt, ["ok", prompt])
        .With(Columns.Chosen, ["yes", chosen])
        .With(Columns.Rejected, ["no", rejected]);

    private async Task<TestStageRun> Run(Batch batch, int maxTokens = 512, OverLong overLong = OverLong.TruncatePromptLeft)
    {
        var run = new TestStageRun().With("pairs", batch).WithModel("tokenizer", folder);
        await new Tokenize(new Tokenize.Options { MaxTokens = maxTokens, OverLong = overLong }).RunAsync(run);
        return run;
    }

    [Fact]
    public async Task Responses_end_with_the_end_of_text_and_prompts_do_not()
    {
        using var run = await Run(Pair("Q: é?", " yes", " no"));
        run.All(Columns.PromptIds)[1].Should().Equal(tokenizer.Encode("Q: é?"));
        run.All(Columns.ChosenIds)[1].Should().Equal([.. tokenizer.Encode(" yes"), tokenizer.EosId!.Value]);
        run.All(Columns.RejectedIds)[1].Should().Equal([.. tokenizer.Encode(" no"), tokenizer.EosId!.Value]);
        run.All(Columns.RowId).Should().Equal("first", "second");
        run.Quarantined.Should().BeEmpty();
    }

    [Fact]
    public async Task A_long_prompt_loses_its_beginning()
    {
        using var run = await Run(Pair("0123456789", "abc", "ab"), maxTokens: 8);
        tokenizer.Decode(run.All(Columns.PromptIds)[1]).Should().Be("6789"); // 8 − 3 − end of text
        tokenizer.Decode(run.All(Columns.ChosenIds)[1]).Should().Be("abc");
        run.All(Columns.PromptIds)[0].Should().HaveCount(2);
        run.Warned.Should().ContainSingle().Which.Should().Contain("lost their beginning");
    }

    [Fact]
    public async Task A_pair_that_just_fits_is_left_alone()
    {
        using var run = await Run(Pair("0123", "abc", "ab"), maxTokens: 8, OverLong.Error);
        tokenizer.Decode(run.All(Columns.PromptIds)[1]).Should().Be("0123");
    }

    [Fact]
    public async Task A_response_is_never_cut()
    {
        using var run = await Run(Pair("Q", "ab", "abcdefgh"), maxTokens: 8);
        run.All(Columns.RowId).Should().Equal("first");
        run.Quarantined.Should().ContainSingle().Which.Should().Match<(string RowId, int Row, string Reason)>(
            q => q.RowId == "second" && q.Reason.Contains("rejected response alone has 9 tokens") && q.Reason.Contains("max-tokens is 8"));
    }

    [Fact]
    public async Task Long_pairs_may_be_dropped_instead()
    {
        using var run = await Run(Pair("0123456789", "abc", "ab"), maxTokens: 8, OverLong.Drop);
        run.All(Columns.RowId).Should().Equal("first");
        run.Quarantined.Single().Reason.Should().Contain("14 tokens together");
    }

    [Fact]
    public async Task Or_be_an_error()
    {
        var run = () => Run(Pair("0123456789", "abc", "ab"), maxTokens: 8, OverLong.Error);
        (await run.Should().ThrowAsync<StageException>()).WithMessage("*'second'*14 tokens*max-tokens*");
    }

    [Theory]
    [InlineData("Q", "", "no", "chosen response is empty")]
    [InlineData("Q", "yes", "", "rejected response is empty")]
    [InlineData("", "yes", "no", "prompt is empty")]
    public async Task Empty_texts_are_put_aside(string prompt, string chosen, string rejected, string reason)
    {
        using var run = await Run(Pair(prompt, chosen, rejected));
        run.All(Columns.RowId).Should().Equal("first");
        run.Quarantined.Single().Reason.Should().Contain(reason);
    }

    [Fact]
    public async Task What_the_tokenizer_puts_in_front_stays_in_front()
    {
        var path = Path.Combine(folder, "tokenizer.json");
        var at = File.ReadAllText(path);
        var processor = """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|pad|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<|pad|>":{"id":"<|pad|>","ids":[0],"tokens":["<|pad|>"]}}}""";
        var json = System.Text.Json.Nodes.JsonNode.Parse(at)!;
        json["post_processor"] = System.Text.Json.Nodes.JsonNode.Parse(processor);
        File.WriteAllText(path, json.ToJsonString());
        using var run = await Run(Pair("0123456789", "abc", "ab"), maxTokens: 8);
        run.All(Columns.PromptIds)[1].Should().Equal([0, .. tokenizer.Encode("789")]);
    }

    private async Task<TestStageRun> RunPrompts(OverLong overLong, params string[] prompts)
    {
        var run = new TestStageRun().With("prompts", Batch.Of(0, prompts.Length).With(Columns.RowId, [.. prompts.Select((_, i) => $"row {i}")]).With(Columns.Prompt, prompts))
            .WithModel("tokenizer", folder);
        var stage = new Tokenize(new Tokenize.Options { MaxTokens = 8, OverLong = overLong, What = TokenizedRows.Prompts });
        stage.Ports.Inputs.Select(p => p.Name).Should().Equal("prompts", "tokenizer");
        ((DatasetOutput)stage.Ports.Output).Adds.Should().Equal(Columns.PromptIds);
        await stage.RunAsync(run);
        return run;
    }

    [Fact]
    public async Task Prompts_alone_become_tokens_and_lose_their_beginning_where_they_are_long()
    {
        using var run = await RunPrompts(OverLong.TruncatePromptLeft, "Q", "0123456789", "", "01234567");
        run.All(Columns.PromptIds).Select(p => tokenizer.Decode(p)).Should().Equal("Q", "23456789", "01234567");
        run.All(Columns.RowId).Should().Equal("row 0", "row 1", "row 3");
        run.Quarantined.Single().Reason.Should().Contain("prompt is empty");
        run.Warned.Should().ContainSingle();
    }

    [Fact]
    public async Task Long_prompts_alone_may_be_dropped_or_be_an_error()
    {
        using var run = await RunPrompts(OverLong.Drop, "Q", "0123456789");
        run.All(Columns.RowId).Should().Equal("row 0");
        run.Quarantined.Single().Reason.Should().Be("the prompt has 10 tokens, and max-tokens is 8");
        (await FluentActions.Awaiting(() => RunPrompts(OverLong.Error, "Q", "0123456789")).Should().ThrowAsync<StageException>()).WithMessage("Row 'row 1': the prompt has 10 tokens*over-long*");
    }

    [Theory]
    [InlineData(OverLong.TruncatePromptLeft)]
    [InlineData(OverLong.Drop)]
    [InlineData(OverLong.Error)]
    public async Task However_long_pairs_are_no_response_ever_loses_a_token(OverLong overLong)
    {
        var random = new SeededRandom(4);
        string Text() => new([.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => (char)random.Next('a', 'z'))]);
        for (var i = 0; i < 60; i++)
        {
            var pair = Pair(Text(), Text(), Text());
            var longest = pair.Get(Columns.Prompt)[1].Length + Math.Max(pair.Get(Columns.Chosen)[1].Length, pair.Get(Columns.Rejected)[1].Length) + 1;
            try
            {
                using var run = await Run(pair, maxTokens: 12, overLong);
                foreach (var (text, ids) in new[] { (Columns.Chosen, Columns.ChosenIds), (Columns.Rejected, Columns.RejectedIds) })
                    run.All(ids).Select(t => tokenizer.Decode(t[..^1])).Should().Equal(run.All(text));
                run.All(Columns.PromptIds).Zip(run.All(Columns.Prompt)).Should().OnlyContain(p => p.Second.EndsWith(tokenizer.Decode(p.First), StringComparison.Ordinal));
                (run.Emitted.Sum(b => b.Rows) + run.Quarantined.Count).Should().Be(2);
                (run.Quarantined.Count > 0 && longest <= 12).Should().BeFalse();
            }
            catch (StageException e)
            {
                (overLong, longest > 12).Should().Be((OverLong.Error, true), e.Message);
            }
        }
    }

    [Fact]
    public async Task The_tokenizer_may_be_an_option_and_then_is_no_port()
    {
        var stage = new Tokenize(new Tokenize.Options { Tokenizer = folder });
        stage.Ports.Inputs.Select(p => p.Name).Should().Equal("pairs");
        using var run = new TestStageRun().With("pairs", Pair("Q", "a", "b"));
        await stage.RunAsync(run);
        run.All(Columns.PromptIds).Should().HaveCount(2);
    }

    [Fact]
    public async Task A_folder_without_a_tokenizer_or_an_end_is_a_clear_error()
    {
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), "{}");
        File.WriteAllText(Path.Combine(folder, "special_tokens_map.json"), "{}");
        var run = () => Run(Pair("Q", "a", "b"));
        (await run.Should().ThrowAsync<StageException>()).WithMessage("*eos_token*tokenizer_config.json*");
        foreach (var file in new[] { "tokenizer.json", "vocab.json", "merges.txt" })
            File.Delete(Path.Combine(folder, file));
        (await run.Should().ThrowAsync<StageException>()).WithMessage("*no tokenizer.json*");
    }
}
