using System.Runtime.CompilerServices;
using System.Text.Json;

namespace DataflowRlhf.Learning.Tests;

/// <summary>Golden data: the folder named by DATAFLOW_RLHF_FIXTURES, else the repository's own.</summary>
internal static class Fixtures
{
    public static string Root { get; } = Find();

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    public static JsonElement Json(params string[] parts) => JsonDocument.Parse(File.ReadAllText(Path(parts))).RootElement;

    public static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(v => v.GetInt32())];

    private static string Find([CallerFilePath] string here = "") =>
        Environment.GetEnvironmentVariable("DATAFLOW_RLHF_FIXTURES") is { Length: > 0 } set ? set
        : System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, "..", "fixtures"));
}
