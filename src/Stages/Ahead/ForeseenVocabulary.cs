namespace DataflowRlhf.Stages.Ahead;

/// <summary>The most tokens that the vocabulary of a stage's tokenizer will have.</summary>
internal sealed record ForeseenVocabulary(int Size);
