namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>A token found in the text before anything else is done to it.</summary>
/// <param name="SingleWord">Not inside a word.</param>
/// <param name="StripLeft">Takes the white space before it too.</param>
/// <param name="StripRight">Takes the white space after it too.</param>
/// <param name="Normalized">Looked for in the normalized text.</param>
/// <param name="Special">Left out where special tokens are skipped.</param>
public sealed record AddedToken(int Id, string Content, bool SingleWord, bool StripLeft, bool StripRight, bool Normalized, bool Special);
