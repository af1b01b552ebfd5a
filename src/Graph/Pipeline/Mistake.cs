namespace DataflowRlhf.Graph;

/// <summary>One mistake of a pipeline file.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Where"><c>relabel.with</c>.</param>
/// <param name="Text">What was given and what was possible.</param>
/// <param name="Write">What to write instead, or null.</param>
public sealed record Mistake(int Line, int Column, string Where, string Text, string? Write = null);
