using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>What the store knows of a finished artifact.</summary>
/// <param name="Key">SHA-256 of all that made it, hexadecimal.</param>
/// <param name="Digest">SHA-256 over its content.</param>
/// <param name="Folder">Where its content is.</param>
/// <param name="Rows">Rows of a dataset, else 0.</param>
/// <param name="Quarantined">Rows put aside.</param>
public sealed record ArtifactRecord(
    string Key, string Digest, string Stage, string Uses, ArtifactKind Kind, string Folder, long Rows, long Quarantined, double Seconds, DateTimeOffset Made, JsonObject Summary)
{
    /// <summary>SHA-256 over what those that it feeds read: its content, of a model without the card. Their keys are made of it.</summary>
    public required string InputDigest { get; init; }

    /// <summary>SHA-256 over its summary and curves: part of the key of a stage that reads any artifact.</summary>
    public required string FactsDigest { get; init; }

    /// <summary>What it was made from, in the order of the ports; empty where nothing fed it, or where its record is older than this field.</summary>
    public IReadOnlyList<ArtifactSource> Inputs { get; init; } = [];

    /// <summary>That it is an older output which a person took for what would be made under this key; null: it was made under it.</summary>
    public Acceptance? Accepted { get; init; }

    /// <summary>What it had to say to the person.</summary>
    public required IReadOnlyList<string> Said { get; init; }
}
