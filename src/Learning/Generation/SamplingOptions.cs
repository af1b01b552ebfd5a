namespace DataflowRlhf.Learning.Generation;

/// <summary>How a policy's next token is drawn.</summary>
public sealed record SamplingOptions
{
    /// <summary>At most so many new tokens a response.</summary>
    public int MaxNewTokens { get; init; } = 64;

    /// <summary>Logits are divided by this; 0 takes the most likely token.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the k most likely tokens; 0: all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the most likely tokens that together have this probability (nucleus); 1: all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least this share as likely as the most likely one; 0: all.</summary>
    public double MinP { get; init; }

    /// <summary>Logits of tokens seen before are divided by this where positive, multiplied where negative; 1: left alone.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>No run of so many tokens comes twice; 0: may.</summary>
    public int NoRepeatNgramSize { get; init; }

    /// <summary>A response does not end before it has so many tokens.</summary>
    public int MinNewTokens { get; init; }

    /// <summary>Only the tokens whose surprise is nearest to the entropy, up to this probability; 1: all.</summary>
    public double TypicalP { get; init; } = 1;

    /// <summary>Only tokens at least this likely, and the most likely one; 0: all.</summary>
    public double EpsilonCutoff { get; init; }

    /// <summary>What was written so far enters the next draw.</summary>
    public bool ReadsTexts => RepetitionPenalty != 1 || NoRepeatNgramSize > 0;

    /// <summary>Tokens that end a response; the one drawn is its last.</summary>
    public IReadOnlyList<int> StopIds { get; init; } = [];

    /// <summary>Sequences decoded side by side: speed and memory, never the result.</summary>
    public int Concurrency { get; init; } = 128;
}
