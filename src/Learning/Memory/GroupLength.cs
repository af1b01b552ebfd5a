namespace DataflowRlhf.Learning.Memory;

/// <summary>A prompt and its responses, as far as memory asks.</summary>
/// <param name="Tokens">The prompt, once, and every response.</param>
/// <param name="Predicting">Tokens that are predicted.</param>
/// <param name="Branches">Responses.</param>
public readonly record struct GroupLength(int Tokens, int Predicting, int Branches);
