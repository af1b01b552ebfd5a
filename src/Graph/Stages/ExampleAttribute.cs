namespace DataflowRlhf.Graph;

/// <summary>
/// One small complete pipeline, in YAML, in which a stage is used: shown by <c>rlhf stages NAME</c>, run by the tests and by the contract suite.
/// It runs in a second or few and makes its own rows.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ExampleAttribute(string pipeline) : Attribute
{
    public string Pipeline { get; } = pipeline;

    /// <summary>The name of a file that the pipeline reads, beside it; null: none.</summary>
    public string? File { get; init; }

    /// <summary>What <see cref="File"/> holds.</summary>
    public string Content { get; init; } = "";
}
