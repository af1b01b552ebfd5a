using System.Runtime.CompilerServices;
using System.Text.Json;

namespace DataflowRlhf.Tests;

/// <summary>Golden data: the folder that DATAFLOW_RLHF_FIXTURES names, else <c>../shared/fixtures</c> beside the repository, else the repository's own.</summary>
internal static class Fixtures
{
    /// <summary>The repository's own, a part of the whole that holds no dialogues.</summary>
    public static string Own { get; } = Folder("tests", "fixtures");

    public static string Root { get; } =
        Environment.GetEnvironmentVariable("DATAFLOW_RLHF_FIXTURES") is { Length: > 0 } set ? System.IO.Path.GetFullPath(set)
        : Directory.Exists(Folder("..", "shared", "fixtures")) ? Folder("..", "shared", "fixtures")
        : Own;

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    public static JsonElement Json(params string[] parts) => JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path(parts)));

    public static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(v => v.GetInt32())];

    /// <summary>The names of a folder's files, sorted.</summary>
    public static IEnumerable<string> Files(string pattern, params string[] folder) =>
        Directory.GetFiles(Path(folder), pattern).Select(f => System.IO.Path.GetFileName(f)!).Order(StringComparer.Ordinal);

    /// <summary>The names of a folder's folders that hold a file, sorted.</summary>
    public static IEnumerable<string> Folders(string with, params string[] folder) =>
        Directory.GetDirectories(Path(folder)).Where(d => File.Exists(System.IO.Path.Combine(d, with))).Select(d => System.IO.Path.GetFileName(d)!).Order(StringComparer.Ordinal);

    private static string Folder(params string[] parts) => System.IO.Path.GetFullPath(System.IO.Path.Combine([Repository(), .. parts]));

    private static string Repository([CallerFilePath] string here = "") => System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, "..", ".."));
}
