using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>Keeps what came from the environment, and what is named like a secret, out of what is remembered.</summary>
internal sealed class SecretMask
{
    public const string Masked = "***";
    private const int ShortestSecret = 4; // A shorter one would be masked inside ordinary words.
    private readonly List<string> secrets;
    private readonly HashSet<string> names;

    public SecretMask(PipelineGraph graph)
    {
        var hidden = graph.Nodes.SelectMany(n => n.Secrets.Select(s => (Node: n, Option: s))).ToList();
        names = [.. hidden.Select(h => h.Option)];
        secrets = [.. hidden.SelectMany(h => Texts(h.Node.OptionValues[h.Option])).Where(t => t.Length >= ShortestSecret).Distinct().OrderByDescending(t => t.Length)];
    }

    /// <summary>A text without any secret.</summary>
    public string Mask(string text) => secrets.Aggregate(text, (masked, secret) => masked.Replace(secret, Masked, StringComparison.Ordinal));

    /// <summary><c>name=value</c>, the value masked where the name is a secret's.</summary>
    public string Setting(string given)
    {
        var equals = given.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && IsSecret(given[..equals]) ? given[..(equals + 1)] + Masked : Mask(given);
    }

    public JsonObject Options(GraphNode node) =>
        new(node.OptionValues.Select(o => KeyValuePair.Create(o.Key, node.Secrets.Contains(o.Key) ? Masked : o.Value?.DeepClone())));

    private bool IsSecret(string setting)
    {
        var name = setting[(setting.LastIndexOf('.') + 1)..].Trim();
        return names.Contains(name) || name.Split('-', '_')[^1].ToLowerInvariant() is "key" or "secret" or "password" or "token";
    }

    private static IEnumerable<string> Texts(JsonNode? value) => value switch
    {
        JsonArray items => items.SelectMany(Texts),
        null => [],
        _ => [value.ToString()],
    };
}
