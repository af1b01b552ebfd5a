using System.Runtime.CompilerServices;

namespace DataflowRlhf.Parquet.Tests;

/// <summary>Finds the files to read: in the folder that DATAFLOW_RLHF_FIXTURES names, else in the repository's own.</summary>
internal static class Fixtures
{
    private static readonly string Root = Path.Combine(Environment.GetEnvironmentVariable("DATAFLOW_RLHF_FIXTURES") ?? Repository(), "parquet");

    public static string Good(string name) => Path.Combine(Root, "good", name);

    public static string Bad(string name) => Path.Combine(Root, "bad", name);

    public static IEnumerable<string> Names(string folder, string pattern = "*.parquet") =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal);

    private static string Repository([CallerFilePath] string here = "")
    {
        foreach (string start in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(here)! })
            for (string? folder = start; folder != null; folder = Path.GetDirectoryName(folder))
                if (File.Exists(Path.Combine(folder, "DataflowRlhf.sln"))) return Path.Combine(folder, "tests", "fixtures");
        throw new DirectoryNotFoundException("No DataflowRlhf.sln above the tests. Set DATAFLOW_RLHF_FIXTURES to the folder with the fixtures.");
    }
}
