namespace DataflowRlhf.Graph;

/// <summary>A stage's options as far as they could be read.</summary>
/// <param name="Values">The stage's Options record.</param>
internal sealed record ReadOptions(object Values)
{
    /// <summary>As they are written, or set by hand, under the names that were meant.</summary>
    public YamlMap Given { get; set; } = new([], 0, 0);

    /// <summary>Names of those whose value came from the environment.</summary>
    public HashSet<string> Secrets { get; } = new(StringComparer.Ordinal);

    /// <summary>Names of those with a mistake, which is told: they have their defaults, and what was meant is not known.</summary>
    public HashSet<string> Open { get; } = new(StringComparer.Ordinal);
}
