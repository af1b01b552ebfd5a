using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Training;

/// <summary>The README.md of a trained model: what made it, of what, how, and what came out.</summary>
internal static class ModelCard
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <param name="what">One sentence.</param>
    /// <param name="options">The stage's options record.</param>
    /// <param name="results">Name and final value.</param>
    public static string Write(IStageRun run, string uses, string what, object options, IEnumerable<(string Name, JsonNode? Value)> results)
    {
        var card = new StringBuilder();
        card.Append("---\ntags:\n- rlhf\n- dataflow-rlhf\n- ").Append(uses).Append("\n---\n# ").Append(run.Name).Append("\n\n").Append(what).Append("\n\n");
        card.Append("Made by the stage `").Append(run.Name).Append("` (`uses: ").Append(uses).Append("`), seed ").Append(run.Seed).Append(".\n\n## Results\n\n| what | value |\n|---|---|\n");
        foreach (var (name, value) in results)
            card.Append("| ").Append(name).Append(" | ").Append(value is null ? "–" : JsonSerializer.Serialize(value, Format)).Append(" |\n");
        // What changes the speed alone changes no byte.
        var leftOut = options.GetType().GetProperties().Where(p => p.IsDefined(typeof(PerformanceOnlyAttribute), inherit: true)).Select(p => JsonNamingPolicy.KebabCaseLower.ConvertName(p.Name)).ToHashSet();
        card.Append("\n## Options\n\n| option | value |\n|---|---|\n");
        foreach (var (name, value) in JsonSerializer.SerializeToNode(options, options.GetType(), Format)!.AsObject())
            if (value is not null && !leftOut.Contains(name))
                card.Append("| `").Append(name).Append("` | ").Append(value.ToJsonString()).Append(" |\n");
        if (run.Lineage.Count > 0)
            card.Append("\n## Lineage\n\n| stage | uses | SHA-256 of what it left |\n|---|---|---|\n");
        foreach (var step in run.Lineage)
            card.Append("| `").Append(step.Stage).Append("` | ").Append(step.Uses).Append(step.Note is { } note ? $" ({note.Replace("|", "\\|", StringComparison.Ordinal)})" : "").Append(" | `").Append(step.Digest).Append("` |\n");
        return card.ToString();
    }
}
