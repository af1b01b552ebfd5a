namespace DataflowRlhf.Runner.Tests;

/// <summary>A model that is another than a stage needs is a mistake of the file, not a run's failure nor, worse, a number that means nothing.</summary>
public sealed class ModelWordsTests : IDisposable
{
    private const string Head = """
        pipeline: kinds
        stages:
          pairs:     { uses: make-preferences, with: { pairs: 300 } }
          tokenizer: { uses: train-tokenizer, from: pairs }
          tokens:    { uses: tokenize, from: { pairs: pairs, tokenizer: tokenizer } }
          sft:       { uses: train-sft, from: { pairs: tokens, tokenizer: tokenizer } }
          rm:        { uses: train-reward, from: { pairs: tokens, init: sft } }

        """;

    private readonly Rlhf rlhf = new();

    public void Dispose() => rlhf.Dispose();

    [Theory]
    [InlineData("x: { uses: train-reward, from: { pairs: tokens, init: tokenizer } }", "'init' takes a language model or a reward model; 'tokenizer' (train-tokenizer) leaves a tokenizer.", "write:  init: rm")]
    [InlineData("x: { uses: score-ensemble, from: { pairs: tokens, models: [rm, sft] } }", "'models' takes a reward model; 'sft' (train-sft) leaves a language model.", "write:  models: rm")]
    [InlineData("x: { uses: ppo, from: { prompts: tokens, policy: rm, reward: rm } }", "'policy' takes a language model; 'rm' (train-reward) leaves a reward model.", "write:  policy: sft")]
    [InlineData("x: { uses: ppo, from: { prompts: tokens, policy: sft, reward: sft } }", "'reward' takes a reward model; 'sft' (train-sft) leaves a language model.", "write:  reward: rm")]
    public async Task Is_told_by_check(string stage, string problem, string write)
    {
        var check = await rlhf.HereAsync("check", rlhf.Write("kinds.yaml", $"{Head}  {stage}\n"));
        check.Exit.Should().Be(2);
        check.Error.Should().Contain("has 1 mistake").And.Contain(problem).And.Contain(write);
    }

    [Theory]
    [InlineData("x: { uses: train-reward, from: { pairs: tokens, init: rm } }")]
    [InlineData("x: { uses: tokenize, from: { pairs: pairs, tokenizer: rm } }")]
    public async Task What_fits_is_right(string stage) =>
        (await rlhf.HereAsync("check", rlhf.Write("kinds.yaml", $"{Head}  {stage}\n"))).Exit.Should().Be(0);
}
