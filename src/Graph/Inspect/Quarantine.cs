using System.Text.Json;
using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>The rows that were put aside when an artifact was made.</summary>
public static class Quarantine
{
    /// <summary>Each row's line, in the order of the putting aside; an artifact without any has none.</summary>
    public static IEnumerable<QuarantinedRow> Of(ArtifactRecord artifact)
    {
        var file = Path.Combine(Path.GetDirectoryName(artifact.Folder)!, ArtifactStore.QuarantineName);
        return File.Exists(file) ? File.ReadLines(file).Select(Parse).OfType<QuarantinedRow>() : [];
    }

    private static QuarantinedRow? Parse(string line)
    {
        try
        {
            return JsonNode.Parse(line) is JsonObject row && (string?)row["reason"] is { } reason ? new QuarantinedRow(reason, row["cells"] as JsonObject ?? []) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <param name="Reason">Why it was put aside.</param>
/// <param name="Cells">By column, as far as the stage had them.</param>
public sealed record QuarantinedRow(string Reason, JsonObject Cells);
