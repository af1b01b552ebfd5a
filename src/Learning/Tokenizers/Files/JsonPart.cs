using System.Text.Json;

namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>A part of a JSON file that knows where it is, so that every error says so.</summary>
internal readonly struct JsonPart(string file, string path, JsonElement element)
{
    public string Path => path;

    public bool IsNull => element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    public JsonValueKind Kind => element.ValueKind;

    public JsonPart this[string name]
        => new(file, path.Length == 0 ? name : $"{path}.{name}", Require(JsonValueKind.Object).TryGetProperty(name, out var value) ? value : default);

    public IEnumerable<JsonPart> Items()
    {
        var (from, where) = (file, path);
        return Require(JsonValueKind.Array).EnumerateArray().Select((e, i) => new JsonPart(from, $"{where}[{i}]", e));
    }

    public IEnumerable<(string Name, JsonPart Part)> Members()
    {
        var (from, where) = (file, path);
        return Require(JsonValueKind.Object).EnumerateObject().Select(p => (p.Name, new JsonPart(from, where, p.Value)));
    }

    public string Text => Require(JsonValueKind.String).GetString()!;

    public string? TextOrNull => IsNull ? null : Text;

    public bool IsWhole(out int value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out value);
    }

    public int Int => IsWhole(out var value) ? value : throw Error("is not a whole number of 32 bits");

    public bool Flag(bool absent) => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null or JsonValueKind.Undefined => absent,
        _ => throw Error("is neither true nor false"),
    };

    /// <summary>The <c>type</c> of a construct.</summary>
    public string Type => this["type"].Text;

    public TokenizerFileException Error(string problem) => new($"{file}: {(path.Length == 0 ? "the file" : $"'{path}'")} {problem}.");

    private JsonElement Require(JsonValueKind kind) => element.ValueKind == kind
        ? element
        : throw Error(IsNull ? "is missing" : $"is {element.ValueKind.ToString().ToLowerInvariant()}, not {kind.ToString().ToLowerInvariant()}");
}
