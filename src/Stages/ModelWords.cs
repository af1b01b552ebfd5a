namespace DataflowRlhf.Stages;

/// <summary>What a model folder of a stage holds, so that a pipeline that takes one for another is told before it runs.</summary>
internal static class ModelWords
{
    /// <summary>A decoder that says the next token.</summary>
    public const string Language = "language model";

    /// <summary>A decoder with a head that gives a sequence one number.</summary>
    public const string Reward = "reward model";

    /// <summary>A tokenizer alone, without weights.</summary>
    public const string Tokenizer = "tokenizer";
}
