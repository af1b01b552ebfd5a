using System.Text.Json;
using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>A number of a summary, or a curve's last value, beside another's.</summary>
/// <param name="Name"><c>auc</c>, <c>train.loss</c>; a curve's end is <c>loss (last)</c>.</param>
/// <param name="Was">Null: the first has none.</param>
/// <param name="Now">Null: the second has none.</param>
public sealed record NumberChange(string Name, double? Was, double? Now)
{
    /// <summary>Null where one of both is missing.</summary>
    public double? Difference => Now - Was;

    /// <summary>Every number by which two artifacts differ; lists are passed over.</summary>
    public static IReadOnlyList<NumberChange> Of(ArtifactStore store, ArtifactRecord? was, ArtifactRecord? now)
    {
        var (before, after) = (Numbers(store, was), Numbers(store, now));
        return [.. before.Keys.Union(after.Keys)
            .Select(name => new NumberChange(name, before.TryGetValue(name, out var old) ? old : null, after.TryGetValue(name, out var value) ? value : null))
            .Where(c => !Nullable.Equals(c.Was, c.Now))];
    }

    private static Dictionary<string, double> Numbers(ArtifactStore store, ArtifactRecord? artifact)
    {
        var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
        if (artifact is null)
            return numbers;
        void Add(string name, JsonNode? value)
        {
            if (value is JsonObject inner)
                foreach (var (key, each) in inner)
                    Add(name.Length == 0 ? key : $"{name}.{key}", each);
            else if (value is JsonValue && value.GetValueKind() == JsonValueKind.Number)
                numbers[name] = double.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);
        }
        Add("", artifact.Summary);
        foreach (var curve in Curve.Of(store.Metrics(artifact)))
            numbers[$"{curve.Name} (last)"] = curve.Last;
        return numbers;
    }
}
