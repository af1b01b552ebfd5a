namespace DataflowRlhf.Graph;

/// <summary>A stage as written, after <c>foreach</c> and <c>repeat</c> are unrolled and before it is checked.</summary>
internal sealed record StageEntry(string Name, YamlMap Map, int Line, int Column, IReadOnlyDictionary<string, string> Variables, Round? Round)
{
    /// <summary>The name in the file: <c>voter</c> of <c>voter[3]</c>, <c>round.policy</c> of <c>round[2].policy</c>.</summary>
    public required string Written { get; init; }
}

/// <summary>Which turn of which <c>repeat</c> a stage belongs to.</summary>
internal sealed record Round(string Group, int Index, int Count);
