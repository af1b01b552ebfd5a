using System.Runtime.CompilerServices;
using System.Text.Json;

namespace DataflowRlhf.Learning.Tests.Tokenizers;

/// <summary>Tokenizer folders with cases: the repository's own, and those under DATAFLOW_RLHF_FIXTURES where that is set.</summary>
internal static class Folders
{
    public static readonly string Own = Path.Combine(Repository(), "tokenizers");

    public static IReadOnlyList<string> All { get; } = new[] { Own, Path.Combine(Environment.GetEnvironmentVariable("DATAFLOW_RLHF_FIXTURES") ?? Repository(), "tokenizers") }
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

    private static string Repository([CallerFilePath] string here = "")
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DataflowRlhf.sln")))
                return Path.Combine(folder.FullName, "tests", "fixtures");
        }
        return Path.GetFullPath("../../fixtures", Path.GetDirectoryName(here)!);
    }
}
