namespace Microsoft.ML.Tokenizers;

/// <summary>A piece of a word on its way to become a token.</summary>
/// <param name="Id">Its id in the vocabulary, -1 where it has none.</param>
/// <param name="Start">Where it starts in the word: a byte in byte-level mode, else a character.</param>
/// <param name="Length">How long it is, in the same unit.</param>
internal readonly record struct Symbol(int Id, int Start, int Length);
