using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace DataflowRlhf.Runner.Tests;

/// <summary>As much of JSON Schema as our schema uses; a keyword that it does not know is an error, not a yes.</summary>
internal static partial class SmallValidator
{
    /// <summary>YAML as an editor sees it: plain words become numbers, booleans and nulls by the core schema.</summary>
    public static JsonNode? Yaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return Json(stream.Documents[0].RootNode);
    }

    private static JsonNode? Json(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, Json(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Json)]),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "null" or "~" or null } => null,
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } flag => JsonValue.Create(flag.Value == "true"),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar when CoreNumber().IsMatch(scalar.Value!) => JsonValue.Create(double.Parse(scalar.Value!, CultureInfo.InvariantCulture)),
        _ => JsonValue.Create(((YamlScalarNode)node).Value),
    };

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex CoreNumber();

    public static string? Mistake(JsonNode? value, JsonNode schema) => Mistake(value, schema, schema);

    /// <summary>What is wrong with a value, or null.</summary>
    public static string? Mistake(JsonNode? value, JsonNode schema, JsonNode root)
    {
        if (schema is JsonValue flag)
            return flag.GetValue<bool>() ? null : $"{Shown(value)} may not stand here";
        var rules = schema.AsObject();
        if (rules["$ref"] is { } reference)
            return Mistake(value, root["definitions"]![((string)reference!)["#/definitions/".Length..]]!, root);
        return rules.Select(r => Broken(r.Key, r.Value, value, rules, root)).FirstOrDefault(m => m is not null);
    }

    private static string? Broken(string keyword, JsonNode? rule, JsonNode? value, JsonObject rules, JsonNode root)
    {
        string? Each(IEnumerable<(JsonNode? Value, JsonNode Schema)> parts) => parts.Select(p => Mistake(p.Value, p.Schema, root)).FirstOrDefault(m => m is not null);
        string? Unless(bool good) => good ? null : $"{Shown(value)} is not {keyword} {Shown(rule)}";
        var map = value as JsonObject;
        var list = value as JsonArray;
        var text = value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
        var number = value?.GetValueKind() == JsonValueKind.Number ? double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) : (double?)null;
        return keyword switch
        {
            "$schema" or "title" or "description" or "default" or "definitions" or "then" or "else" => null,
            "type" => Unless((rule is JsonArray types ? types : [JsonValue.Create((string)rule!)]).Any(t => Is((string)t!, value, number))),
            "const" => Unless(JsonNode.DeepEquals(rule, value)),
            "enum" => Unless(rule!.AsArray().Any(e => JsonNode.DeepEquals(e, value))),
            "anyOf" => Unless(rule!.AsArray().Any(s => Mistake(value, s!, root) is null)),
            "allOf" => Each(rule!.AsArray().Select(s => (value, s!))),
            "if" => rules[Mistake(value, rule!, root) is null ? "then" : "else"] is { } branch ? Mistake(value, branch, root) : null,
            "required" => map is null ? null : Unless(rule!.AsArray().All(k => map.ContainsKey((string)k!))),
            "properties" => map is null ? null : Each(rule!.AsObject().Where(p => map.ContainsKey(p.Key)).Select(p => (map[p.Key], p.Value!))),
            "patternProperties" => map is null ? null : Each(rule!.AsObject().SelectMany(p => map.Where(m => Regex.IsMatch(m.Key, p.Key)).Select(m => (m.Value, p.Value!)))),
            "additionalProperties" => map is null ? null : Each(map.Where(m => !Named(m.Key, rules)).Select(m => (m.Value, rule!))),
            "minProperties" => map is null ? null : Unless(map.Count >= (int)rule!),
            "maxProperties" => map is null ? null : Unless(map.Count <= (int)rule!),
            "items" => list is null ? null : Each(list.Select(i => (i, rule!))),
            "minItems" => list is null ? null : Unless(list.Count >= (int)rule!),
            "maxItems" => list is null ? null : Unless(list.Count <= (int)rule!),
            "minimum" => number is null ? null : Unless(number >= double.Parse(rule!.ToJsonString(), CultureInfo.InvariantCulture)),
            "maximum" => number is null ? null : Unless(number <= double.Parse(rule!.ToJsonString(), CultureInfo.InvariantCulture)),
            "pattern" => text is null ? null : Unless(Regex.IsMatch(text, (string)rule!)),
            _ => throw new NotSupportedException($"The schema uses '{keyword}', which this validator does not know."),
        };
    }

    private static bool Named(string key, JsonObject rules) =>
        rules["properties"]?.AsObject().ContainsKey(key) == true || rules["patternProperties"]?.AsObject().Any(p => Regex.IsMatch(key, p.Key)) == true;

    private static bool Is(string type, JsonNode? value, double? number) => type switch
    {
        "null" => value is null,
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value?.GetValueKind() == JsonValueKind.String,
        "boolean" => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
        "number" => number is not null,
        "integer" => number is { } n && n == Math.Floor(n),
        _ => throw new NotSupportedException($"The schema uses the type '{type}'."),
    };

    private static string Shown(JsonNode? node)
    {
        var text = node?.ToJsonString() ?? "null";
        return text.Length > 200 ? text[..200] + "…" : text;
    }
}
