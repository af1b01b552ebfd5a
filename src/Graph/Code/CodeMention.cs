namespace DataflowRlhf.Graph;

/// <summary>A type in a signature.</summary>
/// <param name="Argument">It is what a generic type or method is made with.</param>
internal readonly record struct CodeMention(CodeType Type, bool Argument);
