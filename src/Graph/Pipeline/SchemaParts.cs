using System.Text.Json.Nodes;

namespace DataflowRlhf.Graph;

/// <summary>What a JSON Schema is written with.</summary>
internal static class SchemaParts
{
    public static JsonObject Text(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };

    public static JsonObject Reference(string name) => new() { ["$ref"] = "#/definitions/" + name };

    public static JsonObject Or(params JsonObject[] forms) => forms.Length == 1 ? forms[0] : new() { ["anyOf"] = new JsonArray([.. forms]) };

    /// <summary>A schema with a description; a reference keeps nothing beside it, so it goes inside.</summary>
    public static JsonObject Said(string description, JsonObject schema)
    {
        if (schema.ContainsKey("$ref"))
            schema = new JsonObject { ["allOf"] = new JsonArray(schema) };
        schema.Insert(0, "description", description);
        return schema;
    }

    public static JsonArray Names(params string[] names) => new([.. names.Select(n => (JsonNode?)JsonValue.Create(n))]);
}
