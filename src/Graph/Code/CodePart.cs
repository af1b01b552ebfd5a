namespace DataflowRlhf.Graph;

/// <summary>One thing that code reaches.</summary>
/// <param name="Image">The assembly that it lies in.</param>
/// <param name="Token">Which, in that assembly.</param>
internal sealed record CodePart(CodeImage Image, CodePartKind Kind, int Token)
{
    /// <summary>Under which name a change of it is told: a type, a package, a file.</summary>
    public string Area { get; set; } = "";

    /// <summary>Hash of all it says itself.</summary>
    public string? Hash { get; set; }

    /// <summary>What it reaches at once.</summary>
    public IReadOnlyCollection<CodePart> Reaches { get; set; } = [];

    public bool Equals(CodePart? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
