using System.Text.Json.Nodes;

namespace DataflowRlhf.Learning.Models;

/// <summary>The fields of a <c>config.json</c>, or of an object in it, each checked where it is read. A field of null counts as absent.</summary>
internal sealed class ConfigFields(string where, JsonObject json)
{
    public const int MostSize = 1 << 24, MostPositions = 1 << 30, MostLayers = 1 << 14;

    public ModelFolderException Wrong(string problem) => new($"{where}: {problem}.");

    private ModelFolderException Wrong(string name, string must) => Wrong($"'{name}' must be {must}; it is {Given(name)}");

    private string Given(string name) => json[name] is { } node ? node.ToJsonString() is var text && text.Length > 80 ? text[..80] + "…" : text : json.ContainsKey(name) ? "null" : "missing";

    public bool Has(string name) => json[name] is not null;

    /// <summary>Whether the field is there, though it may be null.</summary>
    public bool Names(string name) => json.ContainsKey(name);

    /// <summary>A whole number from 1 on.</summary>
    public int Need(string name, int most = MostSize) => json[name] is JsonValue value && value.TryGetValue<int>(out var number) && number >= 1 && number <= most
        ? number
        : throw Wrong(name, $"a whole number from 1 to {most}");

    public int? May(string name, int most = MostSize) => Has(name) ? Need(name, most) : null;

    public double AtLeast(string name, double least, double? otherwise = null) => Number(name, otherwise) is { } number && number >= least ? number : throw Wrong(name, $"a number from {least} on");

    public double Above0(string name, double? otherwise = null) => Number(name, otherwise) is { } number && number > 0 ? number : throw Wrong(name, "a number above 0");

    private double? Number(string name, double? otherwise) =>
        !Has(name) ? otherwise : json[name] is JsonValue value && value.TryGetValue<double>(out var number) && double.IsFinite(number) ? number : null;

    public bool Flag(string name, bool otherwise) => !Has(name) ? otherwise : json[name] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : throw Wrong(name, "true or false");

    public string? Text(string name) => !Has(name) ? null : json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Wrong(name, "a text");

    public ConfigFields? Object(string name) => !Has(name) ? null : json[name] is JsonObject inner ? new($"{where}, {name}", inner) : throw Wrong(name, "an object");

    public string[]? Texts(string name) => !Has(name) ? null
        : json[name] is JsonArray list && list.All(t => t is JsonValue value && value.TryGetValue<string>(out _)) ? [.. list.Select(t => t!.GetValue<string>())]
        : throw Wrong(name, "a list of texts");

    /// <summary>A token id; null where there is none, which some configs write as −1.</summary>
    public int? Id(string name) => Ids(name) is [var first, ..] ? first : null;

    /// <summary>A token id, or a list of them.</summary>
    public int[] Ids(string name)
    {
        if (!Has(name))
            return [];
        var ids = (json[name] as JsonArray ?? [json[name]!.DeepClone()]).Select(node => node is JsonValue value && value.TryGetValue<int>(out var id) ? id : throw Wrong(name, "a token id or a list of them"));
        return [.. ids.Where(id => id >= 0)];
    }
}
