namespace DataflowRlhf.Graph;

/// <summary>What became of a row at a stage.</summary>
public enum RowFate
{
    /// <summary>Its dataset has the row.</summary>
    Has,

    /// <summary>It put the row aside.</summary>
    PutAside,

    /// <summary>It was fed the row and did not pass it on.</summary>
    Left,

    /// <summary>It read the row and left something that is no dataset.</summary>
    Read,

    /// <summary>It was fed the row, and takes only others.</summary>
    PassedOver,

    /// <summary>It was not fed the row, but what another made of it.</summary>
    Follows,
}

/// <summary>A row at one stage.</summary>
/// <param name="Artifact">What the stage left.</param>
/// <param name="From">The stage whose row or artifact it took; null: the row begins here.</param>
public sealed record RowStep(string Stage, ArtifactRecord Artifact, RowFate Fate, string? From)
{
    /// <summary>Why it was put aside or passed over.</summary>
    public string? Reason { get; init; }

    /// <summary>Where the row lies; null where the stage's dataset has none.</summary>
    public FoundRow? Found { get; init; }

    /// <summary>Columns of the row that the stage added, with their cells.</summary>
    public IReadOnlyList<(string Column, object? Cell)> Added { get; init; } = [];

    /// <summary>Columns of the row that the stage changed.</summary>
    public IReadOnlyList<(string Column, object? Was, object? Now)> Changed { get; init; } = [];

    /// <summary>Whether a run would make the stage's artifact anew.</summary>
    public bool Stale { get; init; }
}
