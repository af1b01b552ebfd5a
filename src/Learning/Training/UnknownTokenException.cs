namespace DataflowRlhf.Learning.Training;

/// <summary>A model is given a token that it does not have.</summary>
/// <param name="what">What holds the token, such as <c>a sampled response</c>.</param>
/// <param name="id">The token.</param>
/// <param name="vocabulary">Tokens the model has.</param>
/// <param name="whose">Which model, such as <c>the reward model</c>.</param>
public sealed class UnknownTokenException(string what, int id, int vocabulary, string whose)
    : Exception(FormattableString.Invariant($"{what} holds the token {id}, and {whose} has the tokens 0 to {vocabulary - 1} only. Both must come from the same tokenizer."));
