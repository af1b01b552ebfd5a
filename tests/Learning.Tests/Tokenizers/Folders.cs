using System.Text.Json;

namespace DataflowRlhf.Learning.Tests.Tokenizers;

/// <summary>Tokenizer folders with cases: the repository's own, and those of the golden data's folder.</summary>
internal static class Folders
{
    public static readonly string Own = Path.Combine(Fixtures.Own, "tokenizers");

    public static IReadOnlyList<string> All { get; } = new[] { Own, Fixtures.Path("tokenizers") }
        .Where(Directory.Exists)
        .SelectMany(Directory.GetDirectories)
        .Where(d => File.Exists(Path.Combine(d, "cases.jsonl")))
        .Distinct()
        .Order(StringComparer.Ordinal)
        .ToList();

    /// <summary>The lines of a JSON Lines file in a folder; none where there is no such file.</summary>
    public static IEnumerable<JsonElement> Lines(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? File.ReadLines(path).Select(l => JsonSerializer.Deserialize<JsonElement>(l)) : [];
    }

    public static JsonElement Json(string folder, string name) => JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(folder, name)));
}
