using System.ComponentModel.DataAnnotations;
using DataflowRlhf.Graph;
using DataflowRlhf.Learning.Generation;
using DataflowRlhf.Learning.Tokenizers;

namespace DataflowRlhf.Stages.Policies;

/// <summary>The options of every stage that samples from a policy.</summary>
public abstract record SamplingKnobs
{
    [Option("At most so many new tokens a response. Default: 64.")]
    [Range(1, 100_000)]
    public int MaxNewTokens { get; init; } = 64;

    [Option("Logits are divided by this before the draw; 0 takes the most likely token. Default: 1.")]
    [Range(0, 100.0)]
    public double Temperature { get; init; } = 1;

    [Option("Only the k most likely tokens; 0: all. Default: 0.")]
    [Range(0, 1_000_000)]
    public int TopK { get; init; }

    [Option("Only the most likely tokens that together have this probability; 1: all. Default: 1.")]
    [Range(0.001, 1.0)]
    public double TopP { get; init; } = 1;

    [Option("Only tokens at least this share as likely as the most likely one; 0: all. Default: 0.")]
    [Range(0, 1.0)]
    public double MinP { get; init; }

    [Option("Makes tokens seen before less likely; 1: leaves them. Default: 1.")]
    [Range(0.1, 10.0)]
    public double RepetitionPenalty { get; init; } = 1;

    [Option("No run of so many tokens comes twice; 0: may. Default: 0.")]
    [Range(0, 1000)]
    public int NoRepeatNgramSize { get; init; }

    [Option("A response does not end before it has so many tokens. Default: 0.")]
    [Range(0, 100_000)]
    public int MinNewTokens { get; init; }

    [Option("Only the tokens whose surprise is nearest to the entropy, up to this probability; 1: all. Default: 1.")]
    [Range(0.001, 1.0)]
    public double TypicalP { get; init; } = 1;

    [Option("Only tokens at least this likely, and the most likely one; 0: all. Default: 0.")]
    [Range(0, 0.999)]
    public double EpsilonCutoff { get; init; }

    [Option("Sequences decoded side by side: speed and memory, not the result. Default: 128.")]
    [PerformanceOnly]
    [Range(1, 100_000)]
    public int Concurrency { get; init; } = 128;

    /// <summary>The same as the sampler takes them; a response ends at the tokenizer's eos.</summary>
    internal SamplingOptions Sampling(TextTokenizer tokenizer) => new()
    {
        MaxNewTokens = MaxNewTokens,
        Temperature = Temperature,
        TopK = TopK,
        TopP = TopP,
        MinP = MinP,
        RepetitionPenalty = RepetitionPenalty,
        NoRepeatNgramSize = NoRepeatNgramSize,
        MinNewTokens = MinNewTokens,
        TypicalP = TypicalP,
        EpsilonCutoff = EpsilonCutoff,
        Concurrency = Concurrency,
        StopIds = tokenizer.EosId is { } eos ? [eos] : throw new StageException($"The tokenizer in {tokenizer.Folder} names no eos token, so a response would never end. Name it in tokenizer_config.json: \"eos_token\"."),
    };
}
