using DataflowRlhf.Graph;

namespace DataflowRlhf.Stages.Reading;

/// <summary>The files that a path means, in ordinal order of their paths, and their rows.</summary>
internal static class SourceFiles
{
    public const string KnownEndings = ".parquet, .jsonl, .jsonl.gz and .jsonl.zst";

    private static readonly string[] Endings = [".parquet", ".jsonl", ".jsonl.gz", ".jsonl.zst"];

    /// <exception cref="StageException">There is no file of a known kind.</exception>
    public static IReadOnlyList<string> Of(string path)
    {
        var all = PipelinePaths.Files(path);
        var files = all.Where(IsKnown).ToList();
        if (files.Count > 0)
            return files;
        var named = string.Join(", ", all.Take(5).Select(Path.GetFileName));
        throw new StageException(all.Count == 0
            ? $"{path}: there is no such file, and no file matches. Give a file, a folder or a glob of {KnownEndings}."
            : $"{path}: there is no data here, only {named}. Rows are read from {KnownEndings}.");
    }

    /// <param name="require">Looks at a file's columns, or those of its first row, and refuses a form that is not taken.</param>
    /// <param name="onRead">Told before each row what share of the file is behind it, from 0 to 1.</param>
    /// <exception cref="StageException">The file cannot be read, or is refused.</exception>
    public static IAsyncEnumerable<SourceRow> Rows(string path, Action<string, IReadOnlyCollection<string>> require, IStageRun run, Action<double> onRead)
        => path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) ? ParquetRows.Read(path, require, run, onRead) : JsonLines.Read(path, require, run, onRead);

    /// <summary>Whether its rows are lines that need no unpacking.</summary>
    public static bool IsPlainText(string path) => path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase);

    /// <summary>A file's length as it lies on the disk, links followed; 0 where nobody can say.</summary>
    public static long Bytes(string path)
    {
        try
        {
            var file = new FileInfo(path);
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return file.Exists ? file.Length : 0;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            return 0; // Whoever reads it says why.
        }
    }

    private static bool IsKnown(string path) => Endings.Any(e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase));
}
