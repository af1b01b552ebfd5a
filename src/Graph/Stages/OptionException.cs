namespace DataflowRlhf.Graph;

/// <summary>An option's value cannot be: thrown by a stage's constructor, so that the check finds it before anything runs.</summary>
/// <param name="option">The option as written in YAML, such as <c>flip-below</c>.</param>
/// <param name="problem">What was given and what is possible.</param>
/// <param name="write">What to write instead, or null.</param>
public sealed class OptionException(string option, string problem, string? write = null) : Exception($"{option}: {problem}")
{
    public string Option { get; } = option;
    public string Problem { get; } = problem;
    public string? Write { get; } = write;
}
