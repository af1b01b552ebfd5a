using Microsoft.Extensions.FileSystemGlobbing;

namespace DataflowRlhf.Graph;

/// <summary>Where a path in a pipeline file points.</summary>
public static class PipelinePaths
{
    /// <summary>A folder with more is a mistake (<c>/</c>, a home), which would be read for hours.</summary>
    private const int Most = 100_000;

    /// <summary>Absolute as it is; else under the current folder when something is there, else under the pipeline file's folder.</summary>
    public static string Resolve(string path, string pipelineFile)
    {
        if (Path.IsPathRooted(path))
            return path;
        var here = Path.GetFullPath(path);
        var besides = Path.GetFullPath(path, Path.GetDirectoryName(Path.GetFullPath(pipelineFile))!);
        return Exists(here) || !Exists(besides) ? here : besides;
    }

    /// <summary>A file, a folder or a glob with at least one match.</summary>
    public static bool Exists(string path)
    {
        try
        {
            return File.Exists(path) || Directory.Exists(path) || Files(path).Count > 0;
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The files that a path means, in ordinal order: itself, all below a folder, or the matches of a glob (<c>*</c>, <c>**</c>, <c>?</c>).</summary>
    /// <exception cref="IOException">There are more than a hundred thousand.</exception>
    public static IReadOnlyList<string> Files(string path) => Files(path, Most);

    internal static IReadOnlyList<string> Files(string path, int most)
    {
        if (File.Exists(path))
            return [path];
        if (Directory.Exists(path))
            return Sorted(Below(path), most);
        var star = path.IndexOfAny(['*', '?']);
        if (star < 0)
            return [];
        var slash = path.LastIndexOf(Path.DirectorySeparatorChar, star);
        var folder = slash <= 0 ? "/" : path[..slash];
        if (!Directory.Exists(folder))
            return [];
        var pattern = path[(slash + 1)..];
        return pattern.Contains('?')
            ? Sorted(Directory.EnumerateFiles(folder, pattern), most)
            : Sorted(new Matcher(StringComparison.Ordinal).AddInclude(pattern).GetResultsInFullPath(folder), most);
    }

    /// <summary>All files below a folder. A link to a folder is followed once, so that links in a ring have an end.</summary>
    private static IEnumerable<string> Below(string folder)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var left = new Stack<DirectoryInfo>([new DirectoryInfo(folder)]);
        while (left.TryPop(out var next))
        {
            if (!seen.Add(next.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? next.FullName))
                continue;
            foreach (var entry in next.EnumerateFileSystemInfos())
                if (entry is DirectoryInfo inner)
                    left.Push(inner);
                else
                    yield return entry.FullName;
        }
    }

    private static List<string> Sorted(IEnumerable<string> files, int most)
    {
        var sorted = files.Take(most + 1).ToList();
        if (sorted.Count > most)
            throw new IOException($"{Path.GetDirectoryName(sorted[0])} and what is beside it are more than {most:N0} files. Name the folder of the data or the model itself.");
        sorted.Sort(StringComparer.Ordinal);
        return sorted;
    }
}
